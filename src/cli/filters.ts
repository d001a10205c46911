import { FeewardenError } from '../core/errors.js';
import { regionPrefix } from '../core/region.js';
import { LEVELS } from '../risk/level.js';
import { printLine } from './output.js';

export const REGION_OPTION = ['--region <prefix>', 'only this region: the first digits of its code'] as const;
export const LEVEL_OPTION = ['--level <level>', `only this level: ${LEVELS.join(', ')}`] as const;
export const LIMIT_OPTION = ['--limit <n>', 'how many at most', '1000'] as const;

export function regionOption(text: string | undefined): string {
  if (text !== undefined && !/^\d{0,6}$/.test(text))
    throw new FeewardenError('bad_usage', '--region: give up to 6 digits, like 3707.');
  return regionPrefix(text ?? '');
}

export function levelOption(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!LEVELS.some((level) => level === text))
    throw new FeewardenError('bad_usage', `--level: must be one of ${LEVELS.join(', ')}.`);
  return text;
}

/** Under a table that its limit may have cut short; nothing when it shows everything. */
export function printLimitReached(shown: number, limit: number): void {
  if (shown >= limit)
    printLine(`These are the first ${limit.toLocaleString('en')}; if there are more, --limit N shows them.`);
}

const LIMIT_MAX = 1_000_000;

export function limitOption(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new FeewardenError('bad_usage', `--limit: must be a whole number from 1 to ${LIMIT_MAX}.`);
  return limit;
}
