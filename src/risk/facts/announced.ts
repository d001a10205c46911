import { type Day, parseDay, startOfDay, type Us } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import { earliest, ifLater } from './moments.js';
import type { AnnouncedType, RegisterRow, Registers } from './rows.js';

type Kind = EventData['account.requirement_set']['kind'];

/** Everything that is told of one account or requirement and stands, oldest first. */
export function tellingsOf<T extends AnnouncedType>(row: RegisterRow<T>): readonly RegisterRow<T>[] {
  return row.before === undefined ? [row] : [...row.before, row];
}

/**
 * What holds on the day: the newest telling that is valid by then; null while none is. The next year's minimum or mode is told
 * ahead, and until it begins nobody is without one.
 */
export function inForce<T extends AnnouncedType>(row: RegisterRow<T>, day: Day): RegisterRow<T> | null {
  return tellingsOf(row).findLast(({ data }) => parseDay(data.validFrom)! <= day) ?? null;
}

/** Requirements of one kind that hold on the day, one per account. */
export function requirementsOn(
  registers: Registers,
  kind: Kind,
  day: Day,
): readonly RegisterRow<'account.requirement_set'>[] {
  const rows = registers['account.requirement_set'] ?? [];
  return rows.flatMap((row) => (row.data.kind === kind ? (inForce(row, day) ?? []) : []));
}

/** The next moment at which a requirement of this kind begins to hold; null if none is announced. */
export function nextRequirementAt(registers: Registers, kind: Kind, now: Us): Us | null {
  let at: Us | null = null;
  for (const { data } of (registers['account.requirement_set'] ?? []).flatMap(tellingsOf))
    if (data.kind === kind) at = earliest(at, ifLater(startOfDay(parseDay(data.validFrom)!), now));
  return at;
}
