import { z } from 'zod';
import { formatTime } from '../core/time.js';
import { eventTypeOf, wireName } from '../events/list.js';
import { anyObject, instant } from './schemas.js';
import type { JournalEventRow } from './sql/journals.js';

/** An accepted event as the drill-downs show it. */
export const eventSchema = z
  .object({
    source: z.string(),
    id: z.string(),
    type: z.string().meta({ description: 'prepaid.<name>.v1' }),
    time: instant('When it happened.'),
    recordedTime: instant('When its source knew it.'),
    receivedTime: instant('When Feewarden accepted it.'),
    data: anyObject('As the source told it.'),
  })
  .meta({ id: 'AcceptedEvent' });

export function eventOfRow(row: Omit<JournalEventRow, 'seq'>) {
  return {
    source: row.source,
    id: row.id,
    type: wireName(eventTypeOf(row.type)),
    time: formatTime(row.at),
    recordedTime: formatTime(row.recordedAt),
    receivedTime: formatTime(row.receivedAt),
    data: (JSON.parse(row.body) as { data: Record<string, unknown> }).data,
  };
}
