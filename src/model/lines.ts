import { contractLine } from '../ledger/plan.js';

/** What stands before the contract id in the key of a contract's line. */
export const CONTRACT_PREFIX = contractLine('');

/** The contract of a line whose key has the prefix. */
export function contractIdOf(line: string): string {
  return line.slice(CONTRACT_PREFIX.length);
}
