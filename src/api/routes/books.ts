import { z } from 'zod';
import { formatTime } from '../../core/time.js';
import { readBooks } from '../../ledger/books.js';
import { readRefundTerms } from '../../risk/refund-terms.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { answers, fen, instant, institutionId, institutionParams, integer, timeOf, timeParam } from '../schemas.js';
import { findInstitution } from '../sql/institutions.js';
import { type AddRoutes, nothingKnown } from './context.js';

const sum = (description: string) => fen().meta({ description: `${description} Integer fen.` });

const books = z
  .object({
    institutionId,
    asOf: instant('The moment at which the books are shown.'),
    paidFen: sum('Payments less their reversals, and declared stock.'),
    confirmedFen: sum('Confirmed lessons.'),
    refundedFen: sum('Refunds paid.'),
    unearnedFen: sum('U: paid, less confirmed and refunded, per contract and never below 0.'),
    activeLearners: integer('S: learners with a contract that has an unearned amount.'),
    custodyBookedFen: sum('B: opening, credits and debits of the custody accounts.'),
    custodyReportedFen: sum('Newest end-of-day balances of the custody accounts; null if one has none.').nullable(),
    depositFen: sum('D: as B, of the deposit accounts.'),
    coverFen: sum('K: guarantees that are valid.'),
    creditedFen: sum('Credits of the custody accounts.'),
    releasedFen: sum('Debits that released money to the institution.'),
    refundedFromCustodyFen: sum('Debits that paid refunds.'),
    otherDebitsFen: sum('Debits for fees, courts and others.'),
    paidNotCreditedFen: sum('Payments that should have arrived in custody and have not.'),
    offAccountFen: sum('Payments to an account that is not lawful for the institution.'),
    confirmedNotReleasedFen: sum('Confirmed lessons whose money the bank still holds.'),
    refundOwedFen: sum('Approved refunds that are not paid.'),
    refundOverdueFen: sum('Of that, past due.'),
    events: integer('Accepted events, reversed and reversing ones included.'),
  })
  .meta({ id: 'Books' });

const booksQuery = z.strictObject({
  asOf: timeParam('What was known at this moment, with that moment as the clock; default now.'),
});

export const addBookRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/books',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'getBooks',
      tags: ['books'],
      summary: 'The books of an institution',
      description: 'All quantities to the fen. Not found when nothing was known of the institution at `asOf`.',
      params: institutionParams,
      querystring: booksQuery,
      response: answers(200, 'The books.', books, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const { id } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const now = deps.clock();
      const asOf = timeOf(request.query.asOf);
      const refundTerms = await readRefundTerms(deps.pool, asOf, deps.calendar);
      const query = { ids: [id], asOf, now, calendar: deps.calendar, refundTerms };
      for await (const quantities of readBooks(deps.pool, query))
        return { ...quantities, asOf: formatTime(asOf ?? now) };
      throw nothingKnown();
    },
  });
};
