import { z } from 'zod';
import type { Calendar } from '../../core/calendar.js';
import { dayOf, formatDay, formatTime, type Us } from '../../core/time.js';
import { readConsistently, readModelAsOf } from '../../ledger/books.js';
import {
  answerDueOn,
  REFUND_DEFAULTS,
  type RefundDefaults,
  refundContract,
  refundState,
} from '../../ledger/refunds.js';
import type { RefundRow } from '../../ledger/rows.js';
import { readRefundTerms } from '../../risk/refund-terms.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import {
  answers,
  day,
  fen,
  instant,
  institutionParams,
  PRINTABLE,
  pageOf,
  paging,
  timeOf,
  timeParam,
  timeText,
} from '../schemas.js';
import { findInstitution } from '../sql/institutions.js';
import { listRefunds, type RefundsPage, refundsOf, type StoredRefund } from '../sql/refunds.js';
import { type AddRoutes, cutPage, nothingKnown } from './context.js';

const reference = z.object({ source: z.string(), id: z.string() });

const refundItem = z
  .object({
    refundId: z.string(),
    contractId: z.string(),
    requestedAt: instant('When it was asked for.').nullable(),
    requestedFen: fen().nullable(),
    side: z.string().nullable().meta({ description: 'operator, consumer or seven_day' }),
    answerDueOn: day('After the end of this day silence counts as yes.').nullable(),
    approvedAt: instant('When it was approved, or deemed to be.').nullable(),
    deemed: z.boolean().meta({ description: 'Approved by silence.' }),
    rejectedAt: instant('When it was rejected.').nullable(),
    withdrawnAt: instant('When it was withdrawn.').nullable(),
    dueOn: day('Last day on which paying is in time; null while nothing is approved.').nullable(),
    daysOverdue: z.int().meta({ description: '0 when it is in time or nothing is owed.' }),
    owedFen: fen(),
    paidFen: fen(),
    paidParts: z.array(z.object({ at: instant('When it was paid.'), amountFen: z.int(), ...reference.shape })),
    events: z.array(reference).meta({ description: 'The events behind it.' }),
  })
  .meta({ id: 'Refund' });

const refundsQuery = z.strictObject({
  state: z.enum(['open', 'closed']).optional().meta({ description: 'open: something can still be owed.' }),
  asOf: timeParam('What was known at this moment, with that moment as the clock; default now.'),
  ...paging,
});

const cursors = cursorsOf('refunds', z.string().max(128).regex(PRINTABLE));

export const addRefundRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/refunds',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'listRefunds',
      tags: ['books'],
      summary: 'The refunds of an institution',
      description:
        'Each with its steps and what they come to. Not found when nothing was known of the institution at `asOf`.',
      params: institutionParams,
      querystring: refundsQuery,
      response: answers(200, 'A page, by refund id.', pageOf(refundItem), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query;
      const filters = { ...query, id: request.params.id };
      const after = cursors.read(filters, cursor);
      const { no, id } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const page = { open: query.state === undefined ? null : query.state === 'open', after, limit: limit + 1 };
      const asOf = timeOf(query.asOf);
      const now = asOf ?? deps.clock();
      const { refunds, defaults } =
        asOf === null ? await refundsNow(deps, no, now, page) : await refundsAsOf(deps, no, id, asOf, page);
      const { rows, last } = cutPage(refunds, limit);
      return {
        items: rows.map((row) => itemOf(row, now, deps.calendar, defaults)),
        nextCursor: last && cursors.write(filters, last.refund.refundId),
      };
    },
  });
};

interface KnownRefunds {
  readonly refunds: StoredRefund[];
  /** The days to pay one that the region sets. */
  readonly defaults: RefundDefaults;
}

async function refundsNow({ pool, calendar }: ApiDeps, no: number, now: Us, page: RefundsPage): Promise<KnownRefunds> {
  const terms = await readRefundTerms(pool, null, calendar);
  const refunds = await listRefunds(pool, no, page);
  if (terms === null) return { refunds, defaults: REFUND_DEFAULTS };
  const stored = await readConsistently(pool, (client) => terms.ofStored(client, [no], now));
  return { refunds, defaults: stored.get(no) ?? REFUND_DEFAULTS };
}

async function refundsAsOf(
  { pool, calendar }: ApiDeps,
  no: number,
  id: string,
  asOf: Us,
  page: RefundsPage,
): Promise<KnownRefunds> {
  const terms = await readRefundTerms(pool, asOf, calendar);
  const books = (await readModelAsOf(pool, no, asOf, calendar)).set.institution(id);
  if (books.eventCount === 0) throw nothingKnown();
  return { refunds: refundsOf(books, page), defaults: terms?.ofKnown(books, asOf) ?? REFUND_DEFAULTS };
}

function itemOf({ refund, contract }: StoredRefund, now: Us, calendar: Calendar, defaults: RefundDefaults) {
  const state = refundState(refund, contract, now, calendar, defaults);
  const { requested, rejected, withdrawn } = refund;
  return {
    refundId: refund.refundId,
    contractId: refundContract(refund),
    requestedAt: timeText(requested?.at ?? null),
    requestedFen: requested === null ? null : BigInt(requested.amountFen),
    side: requested?.side ?? null,
    answerDueOn: requested === null ? null : formatDay(answerDueOn(requested.at, calendar)),
    approvedAt: timeText(state.approvedAt),
    deemed: state.deemed,
    rejectedAt: timeText(rejected?.at ?? null),
    withdrawnAt: timeText(withdrawn?.at ?? null),
    dueOn: state.dueOn === null ? null : formatDay(state.dueOn),
    daysOverdue: state.overdue ? dayOf(now) - state.dueOn! : 0,
    owedFen: state.owedFen,
    paidFen: state.paidFen,
    paidParts: refund.paid.map(({ at, amountFen, source, id }) => ({ at: formatTime(at), amountFen, source, id })),
    events: stepsOf(refund).map(({ source, id }) => ({ source, id })),
  };
}

function stepsOf({ requested, approved, rejected, withdrawn, paid }: RefundRow) {
  return [requested, approved, rejected, withdrawn, ...paid].filter((step) => step !== null);
}
