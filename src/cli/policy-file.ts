import { readFile } from 'node:fs/promises';
import { FeewardenError } from '../core/errors.js';
import { formatYuan } from '../core/money.js';
import { formatDay } from '../core/time.js';
import type { ParamUnit } from '../risk/params.js';
import { type CheckedPolicy, checkPolicyText, type Policy, type PolicyFault } from '../risk/policy/policy.js';
import { decimal, percent } from '../risk/text.js';
import { fileSystemError } from '../sources/files/input-error.js';

/** What is right or wrong of a policy file. Throws `unreadable_input` (no such file). */
export async function checkPolicyFile(path: string): Promise<CheckedPolicy> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileSystemError(path, error);
  });
  return checkPolicyText(text);
}

/** A policy file, checked whole. Throws `unreadable_input`, `bad_policy` with the first fault. */
export async function readPolicyFile(path: string): Promise<Policy> {
  const { policy, faults } = await checkPolicyFile(path);
  if (policy !== null) return policy;
  const [first] = faults;
  throw new FeewardenError('bad_policy', faultLine(path, first!), { path: first!.path });
}

/** A fault, its place in the JSON and the file. */
export function faultLine(file: string, { path, message }: PolicyFault): string {
  return path === '' ? `${file}: ${message}` : `${file}: ${path}: ${message}`;
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
