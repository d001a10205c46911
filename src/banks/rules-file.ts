import { readFileSync } from 'node:fs';
import { FeewardenError } from '../core/errors.js';
import { parseRules, type RulesByBank } from './rules.js';

/** The rules of every bank. @throws FeewardenError bad_mapping: the file cannot be read, or is not what it must be */
export function readRulesFile(path: string | null): RulesByBank {
  if (path === null) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new FeewardenError('bad_mapping', `${path} cannot be read.`, { cause: error });
  }
  return parseRules(text, path);
}
