import { readFileSync } from 'node:fs';
import { FeewardenError } from '../core/errors.js';
import { parseRules, type RulesByBank } from './rules.js';

/** The rules of every bank, from the file of FEEWARDEN_BANK_RULES. @throws FeewardenError bad_setting: the file cannot be read; bad_mapping: it is not what it must be */
export function readRulesFile(path: string | null): RulesByBank {
  if (path === null) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new FeewardenError('bad_setting', `FEEWARDEN_BANK_RULES: ${path} cannot be read; check the path.`, {
      cause: error,
    });
  }
  return parseRules(text, `FEEWARDEN_BANK_RULES: ${path}`);
}
