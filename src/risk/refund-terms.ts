import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { dayOf, type Us } from '../core/time.js';
import type { RefundTerms } from '../ledger/books.js';
import { REFUND_DEFAULTS, type RefundDefaults } from '../ledger/refunds.js';
import { InstitutionRowsReader } from '../model/institution-rows.js';
import type { InstitutionRows } from './facts/rows.js';
import { policyFor } from './policy/of-institution.js';
import type { Policy } from './policy/policy.js';
import { readPolicyAt } from './policy-store.js';
import { readPlaces } from './read-rows.js';

/**
 * By the policy that was in force at a moment (null: now), so that the books call overdue what the rules call overdue. Null where no
 * place sets days of its own, which spares reading where the institutions are.
 */
export async function readRefundTerms(pool: pg.Pool, at: Us | null, calendar: Calendar): Promise<RefundTerms | null> {
  const { policy } = await readPolicyAt(pool, at);
  if (!policy.entries.some(setsRefundDays)) return null;
  return {
    ofStored: async (client, nos, now) => {
      const places = await readPlaces(client, nos, now);
      return new Map([...places].map(([no, place]) => [no, defaultsFor(place, now, policy)]));
    },
    ofKnown: (books, now) =>
      defaultsFor(new InstitutionRowsReader(books, calendar).read(dayOf(now), false), now, policy),
  };
}

function setsRefundDays({ rule, params }: Policy['entries'][number]): boolean {
  if (rule !== 'common') return false;
  const { refundDaysBefore: before, refundDaysAfter: after } = params;
  return (
    (before !== undefined && before.value !== REFUND_DEFAULTS.daysBeforeFirstLesson) ||
    (after !== undefined && after.value !== REFUND_DEFAULTS.daysAfterFirstLesson)
  );
}

function defaultsFor(place: Pick<InstitutionRows, 'profile' | 'registers'>, now: Us, policy: Policy): RefundDefaults {
  const { common } = policyFor(place, now, policy);
  return { daysBeforeFirstLesson: common.refundDaysBefore, daysAfterFirstLesson: common.refundDaysAfter };
}
