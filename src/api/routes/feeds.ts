import { z } from 'zod';
import { COMPLETENESS_WORKING_DAYS, FEED_DAYS, type Feed, GAPS_NAMED_MAX, readFeeds } from '../../banks/feeds/read.js';
import { lastDueDay } from '../../banks/reconcile/run.js';
import { formatDay, formatTime } from '../../core/time.js';
import { narrowRegion, sourceAuthority } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import { answers, day, instant, integer, PRINTABLE, pageOf, paging, regionParam, timeText } from '../schemas.js';
import { type AddRoutes, cutPage } from './context.js';

const delay = z
  .object({ p50: z.int().nullable(), p95: z.int().nullable() })
  .meta({ description: 'Seconds, rounded up to a step; null beyond a week, or without events.' });

const feedItem = z
  .object({
    source: z.string(),
    kind: z.enum(['bank', 'platform', 'institution', 'other']),
    firstReceivedAt: instant('When its first event was received.'),
    lastReceivedAt: instant('When its last event was received.'),
    lastEventAt: instant('Time of its newest event.').nullable(),
    events: integer('Events accepted.'),
    rejected: integer('Inputs refused and not accepted since.'),
    sequence: z
      .object({
        first: integer('Lowest number received.'),
        last: integer('Highest number received.'),
        missing: integer('Numbers between them that never came.'),
        gaps: z
          .array(z.object({ from: z.int(), to: z.int() }))
          .meta({ description: `The oldest ${GAPS_NAMED_MAX} of them.` }),
      })
      .nullable()
      .meta({ description: 'Null when the source numbers nothing.' }),
    delays: z.object({ told: delay, received: delay }).meta({
      description: `Of the last ${FEED_DAYS} days: from the event until its source knew it, and from there until it was received.`,
    }),
    daysWithout: z
      .array(day('A day.'))
      .meta({ description: `Working days of the last ${FEED_DAYS} days on which nothing was received.` }),
    completeness: z
      .array(
        z.object({
          day: day('The day.'),
          accounts: integer('Custody accounts that should report.'),
          reported: integer('Of them, those of which an end-of-day balance came.'),
        }),
      )
      .meta({ description: `Of a bank, the last ${COMPLETENESS_WORKING_DAYS} working days.` }),
  })
  .meta({ id: 'Feed' });

const cursors = cursorsOf('feeds', z.string().max(256).regex(PRINTABLE));

export const addFeedRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/feeds',
    config: { access: 'feeds:read' },
    schema: {
      operationId: 'listFeeds',
      tags: ['reconciliation'],
      summary: 'What comes from each bank and platform',
      description:
        'By source, as of the last refresh. A bank or platform sees itself; a region the platforms of its own and the banks that hold accounts there.',
      querystring: z.strictObject({ region: regionParam, ...paging }),
      response: answers(200, 'A page.', pageOf(feedItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { limit, cursor, ...query } = request.query;
      const after = cursors.read(query, cursor);
      const region = narrowRegion(caller, query.region);
      if (region === null) return { items: [], nextCursor: null };
      const { calendar, clock, pool } = deps;
      const asOf = lastDueDay(clock(), calendar);
      const authority = sourceAuthority(caller);
      const found = await readFeeds(pool, { authority, region, after, limit: limit + 1, asOf, calendar });
      const { rows, last } = cutPage(found, limit);
      return { items: rows.map(itemOf), nextCursor: last && cursors.write(query, last.source) };
    },
  });
};

function itemOf(feed: Feed) {
  return {
    ...feed,
    firstReceivedAt: formatTime(feed.firstReceivedAt),
    lastReceivedAt: formatTime(feed.lastReceivedAt),
    lastEventAt: timeText(feed.lastEventAt),
    sequence: feed.sequence && { ...feed.sequence, gaps: [...feed.sequence.gaps] },
    daysWithout: feed.daysWithout.map(formatDay),
    completeness: feed.completeness.map((one) => ({ ...one, day: formatDay(one.day) })),
  };
}
