import { z } from 'zod';
import { withBanksLock } from '../../banks/lock.js';
import { BREAK_KINDS, COMPARISONS } from '../../banks/reconcile/kinds.js';
import { lastDueDay, reconcileAsOf } from '../../banks/reconcile/run.js';
import { reconcileNow } from '../../banks/reconcile-now.js';
import { refreshFeeds } from '../../banks/refresh.js';
import { dayOf, formatDay, parseDay } from '../../core/time.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { answers, day, dayParam, fen, institutionId, integer, text } from '../schemas.js';
import { findInstitution, numberOf } from '../sql/institutions.js';
import type { AddRoutes } from './context.js';

const inTransit = z.object({ count: integer('Items on their way.'), amountFen: fen() });

const reconciliation = z
  .object({
    institutionId,
    asOf: day('The day at whose end it holds.'),
    stored: z.boolean().meta({ description: 'False for a day in the past: nothing was changed.' }),
    breaks: z.array(
      z.object({
        kind: z.enum(BREAK_KINDS),
        comparison: z.enum(COMPARISONS),
        accountId: z.string().nullable(),
        bankCode: z.string().nullable(),
        day: day('The day of what is wrong.'),
        amountFen: fen(),
        waitsFor: z.enum(['bank', 'platform']).nullable(),
        reason: z.object({ zh: z.string(), en: z.string() }),
        events: z.array(z.object({ source: z.string(), id: z.string() })),
      }),
    ),
    calendarMissing: z
      .array(z.int())
      .meta({ description: 'Years whose holidays are not known: Monday to Friday were taken for working days.' }),
    inTransit: z
      .object({ credit: inTransit, release: inTransit, refund: inTransit })
      .meta({ description: 'Told by the platform and still within the time the bank has.' }),
  })
  .meta({ id: 'Reconciliation' });

const body = z.strictObject({
  institutionId: text(128, 'Institution id.'),
  asOf: dayParam(
    'What would have been said at the end of this day, from what is known today; default the last day whose bank data is due, which is stored.',
  ),
});

/** How long a run of another process is waited for. */
const WAIT_MS_MAX = 5_000;

export const addReconciliationRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'POST',
    url: '/v1/reconciliations',
    config: { access: 'reconciliations:run' },
    schema: {
      operationId: 'reconcile',
      tags: ['reconciliation'],
      summary: 'Reconcile an institution now',
      description: 'The daily run does this for every institution of which something moved.',
      body,
      response: answers(200, 'What was found.', reconciliation, [
        'bad_request',
        'not_found',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request) => {
      const { pool, calendar, clock } = deps;
      const { institutionId: id, asOf: wanted } = request.body;
      await findInstitution(pool, id, regionScope(callerOf(request)));
      const institution = { no: await numberOf(pool, id), id };
      if (wanted === undefined) await reconcileNow({ pool, calendar, clock, institutionId: id, waitMs: WAIT_MS_MAX });
      else await withBanksLock(pool, WAIT_MS_MAX, () => refreshFeeds(pool));
      const asOf = wanted === undefined ? lastDueDay(clock(), calendar) : parseDay(wanted)!;
      const through = wanted === undefined ? Math.max(asOf, dayOf(clock())) : asOf;
      const found = await reconcileAsOf(pool, institution, asOf, through, calendar);
      return {
        institutionId: id,
        asOf: formatDay(asOf),
        stored: wanted === undefined,
        breaks: found.breaks.map(({ key: _, ...one }) => ({
          ...one,
          day: formatDay(one.day),
          events: [...one.events],
        })),
        // A bank that rested was else told to have been silent, without a word.
        calendarMissing: [...calendar.missingYears(asOf, asOf)],
        inTransit: found.inTransit,
      };
    },
  });
};
