import { readFile } from 'node:fs/promises';
import { FeewardenError } from '../core/errors.js';
import { formatYuan } from '../core/money.js';
import { formatDay } from '../core/time.js';
import type { ParamUnit } from '../risk/params.js';
import { type Policy, parsePolicy } from '../risk/policy/policy.js';
import { decimal, percent } from '../risk/text.js';
import { fileSystemError } from '../sources/files/input-error.js';

/** The JSON of a policy file. Throws `unreadable_input` (no such file), `bad_policy` (not JSON). */
export async function readPolicyJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileSystemError(path, error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FeewardenError('bad_policy', `${path} is not valid JSON: ${(error as Error).message}`);
  }
}

/** A policy file, checked whole. */
export async function readPolicyFile(path: string): Promise<Policy> {
  return parsePolicy(await readPolicyJson(path));
}

/** A threshold as people read it. */
export function showValue(value: number, unit: ParamUnit): string {
  switch (unit) {
    case 'fen':
      return `¥${formatYuan(BigInt(value))}`;
    case 'basis_points':
      return percent(value);
    case 'hundredths':
      return decimal(value);
    case 'day':
      return formatDay(value);
    case 'flag':
      return value === 1 ? 'yes' : 'no';
    case 'level':
      return ['none', 'blue', 'yellow', 'orange', 'red'][value]!;
    case 'working_days':
      return `${value} working days`;
    case 'count':
      return String(value);
    default:
      return `${value} ${unit}`;
  }
}
