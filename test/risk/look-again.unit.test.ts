import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { formatDay, startOfDay, US_PER_HOUR, type Us } from '../../src/core/time.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { NO_CONTEXT } from '../../src/risk/context.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { defaultsOf } from '../../src/risk/params.js';
import { parsePolicy } from '../../src/risk/policy/policy.js';
import type { RuleAnswer } from '../../src/risk/rule.js';
import { RULES } from '../../src/risk/rules/list.js';
import { contractData, NOW, nobody, noon, type School, school, TODAY, yuan } from './builders.js';

/** Park–Miller: the same schools on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed * 7_919 + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** A school to which much has happened, also on days to come. */
function eventful(seed: number): School {
  const pick = random(seed);
  const ago = (days = 60) => TODAY - pick(days);
  const one = pick(5) === 0 ? nobody() : school();
  if (pick(3) === 0) {
    one.account({ accountId: 'D1', purpose: 'deposit', mode: 'deposit', openingFen: yuan(pick(90_000)) });
  }
  if (pick(3) === 0) one.account({ accountId: 'A2', mode: 'staged', validFrom: formatDay(TODAY + pick(9)) });
  one
    .unearned(yuan(pick(150_000)))
    .learners(10 + pick(40))
    .history(20 + pick(90));
  for (let i = pick(9); i > 0; i -= 1) one.receipt(ago(90), yuan(pick(40_000)), pick(4) === 0 ? 'X9' : '');
  for (let i = pick(4); i > 0; i -= 1) one.release(ago(40), yuan(pick(9_000))).refundDebit(ago(12), yuan(pick(4_000)));
  for (let i = pick(3); i > 0; i -= 1) one.otherDebit(ago(12), yuan(pick(90_000)));
  for (let i = pick(9); i > 0; i -= 1) one.statement(ago(40), yuan(pick(150_000)));
  for (let i = pick(12); i > 0; i -= 1)
    one.tally('lessons_delivered', ago(70), 1 + pick(5)).confirmed(ago(40), yuan(pick(20_000)));
  for (let i = pick(5); i > 0; i -= 1)
    one.tally('confirmations_silent', ago(30), pick(30)).tally('disputes', ago(40), pick(3));
  for (let i = pick(6); i > 0; i -= 1) {
    one.payment({
      paidOn: ago(20),
      amountFen: yuan(pick(60_000)),
      settled: pick(2) === 0,
      loan: pick(4) === 0,
      contractId: `c${i}`,
    });
    one.contract({
      signedOn: ago(59),
      periodFrom: formatDay(TODAY + pick(60) - 20),
      periodTo: formatDay(TODAY + 60 + pick(200)),
      hoursPaid: 10 + pick(120),
      hoursGifted: pick(40),
    });
  }
  for (let i = pick(9); i > 0; i -= 1) {
    const requestedOn = ago(30);
    const answered = pick(3) > 0 ? { approvedOn: Math.min(TODAY, requestedOn + pick(6)) } : {};
    const paid =
      pick(3) === 0
        ? {
            paid: [
              { on: Math.min(TODAY, requestedOn + pick(20)), fen: yuan(pick(1_200)), originalChannel: pick(2) === 0 },
            ],
          }
        : {};
    one
      .refund({
        requestedOn,
        side: pick(2) === 0 ? 'seven_day' : 'consumer',
        contract: contractData({ refundDays: pick(20) }),
        ...answered,
        ...paid,
      })
      .tally('refunds_requested', requestedOn);
  }
  for (let i = pick(4); i > 0; i -= 1) {
    const day = ago(20);
    one.register('complaint.received', { ticketId: `h${i}`, kind: pick(3) === 0 ? 'closed' : 'fee' }, noon(day));
  }
  if (pick(3) === 0)
    one.register('break.declared', { from: formatDay(TODAY - 20 + pick(30)), to: formatDay(TODAY + 12 + pick(9)) });
  if (pick(3) === 0)
    one.register('guarantee.registered', {
      guaranteeId: 'g',
      kind: 'insurance',
      coverFen: yuan(pick(60_000)),
      validFrom: formatDay(TODAY - 30 + pick(40)),
      validTo: formatDay(TODAY + 10 + pick(60)),
    });
  if (pick(3) === 0)
    one.register('account.requirement_set', {
      accountId: 'A1',
      kind: 'min_balance',
      amountFen: yuan(pick(200_000)),
      validFrom: formatDay(TODAY - 5 + pick(12)),
    });
  if (pick(3) === 0)
    one.register('account.requirement_set', {
      accountId: 'D1',
      kind: 'deposit',
      amountFen: yuan(pick(200_000)),
      validFrom: formatDay(TODAY - 5 + pick(12)),
    });
  if (pick(3) === 0)
    one.register('stock.declared', { amountFen: yuan(pick(90_000)), dueOn: formatDay(TODAY - 40 + pick(60)) });
  if (pick(3) === 0)
    one.register(
      'external.signal',
      { signalId: 'z', kind: 'wage_arrears', since: formatDay(ago(70)), clearedOn: formatDay(TODAY + pick(40)) },
      noon(ago(20)),
    );
  if (pick(3) === 0)
    one.register('statement.filed', { period: '2024', revenueFen: yuan(pick(400_000)) }, noon(TODAY - 300));
  if (pick(3) === 0) one.register('contact.attempted', { contactId: 'y', answered: false }, noon(ago(5)));
  if (pick(2) === 0) {
    one.profile({
      licence: { state: 'complete', expiresOn: formatDay(TODAY - 5 + pick(60)) },
      sites: [{ siteId: 'a' }, { siteId: 'b' }, { siteId: 'c', closedOn: formatDay(TODAY - 9 + pick(40)) }],
    });
  }
  return one.with({ releasedLines: pick(3) === 0 ? [released(pick)] : [] });
}

function released(pick: (below: number) => number) {
  const recentReleases = [{ on: TODAY - pick(5), amountFen: yuan(pick(900)) }];
  const contract = contractData({ periodTo: formatDay(TODAY + pick(9)) });
  return {
    contractId: 'c1',
    contract,
    signed: null,
    ended: false,
    recentReleases,
    paidFen: 100_000n,
    confirmedFen: BigInt(pick(90_000)),
    refundedFen: 0n,
    releasedFen: BigInt(pick(200_000)),
    confirmedHoursHundredths: pick(2_000),
  };
}

const SCHOOLS = 150;
const DAYS = 45;
const common = defaultsOf(COMMON_PARAMS);
const says = ({ state, level, holdLevel, flag }: RuleAnswer) => `${state} ${level} ${holdLevel} ${flag ?? false}`;

/** Midnights, noons, and odd moments between. */
function moments(): Us[] {
  const all: Us[] = [];
  for (let day = TODAY; day <= TODAY + DAYS; day += 1)
    for (const hours of [0, 7.5, 12, 19.25]) all.push(startOfDay(day) + hours * US_PER_HOUR);
  return all.filter((at) => at > NOW);
}

describe('the moment at which a rule wants to be asked again', () => {
  it.each(RULES.map((rule) => [rule.id, rule] as const))(
    '%s answers the same until then, as long as no event comes',
    (_, rule) => {
      const params = defaultsOf(rule.params);
      let waited = 0;
      for (let seed = 1; seed <= SCHOOLS; seed += 1) {
        const rows = eventful(seed).rows();
        // Another account that becomes valid is watched for all rules together (`regimeEndsAt`).
        const calm = {
          ...rows,
          registers: {
            ...rows.registers,
            'account.registered': (rows.registers['account.registered'] ?? []).filter(
              (row) => row.data.accountId !== 'A2',
            ),
          },
        };
        const answer = rule.evaluate(new FactSheet(calm, NOW, CHINA_CALENDAR, common), params, NO_CONTEXT);
        for (const at of moments()) {
          if (answer.lookAgainAt !== null && answer.lookAgainAt <= at) break;
          waited += 1;
          const then = rule.evaluate(new FactSheet(calm, at, CHINA_CALENDAR, common), params, NO_CONTEXT);
          expect(
            says(then),
            `school ${seed}, ${formatDay(Math.floor(at / (24 * US_PER_HOUR)))}: ${then.reason().en}`,
          ).toBe(says(answer));
        }
      }
      expect(waited).toBeGreaterThan(0);
    },
  );
});

describe('the moment at which an institution is looked at again', () => {
  it('is not after the day on which another account becomes valid', () => {
    const two = school().account({ accountId: 'A2', mode: 'staged', validFrom: formatDay(TODAY + 1) });
    expect(
      evaluateInstitution(two.rows(), null, NOW, CHINA_CALENDAR, parsePolicy({ version: 'x', entries: [] }))
        .lookAgainAt,
    ).toBeLessThanOrEqual(startOfDay(TODAY + 1));
  });

  it('is not after the day on which the policy changes', () => {
    const policy = parsePolicy({
      version: 'x',
      entries: RULES.map((rule) => ({
        rule: rule.id,
        region: '000000',
        validFrom: '2020-01-01',
        validTo: formatDay(TODAY + 9),
        enabled: false,
        params: {},
      })),
    });
    expect(evaluateInstitution(school().rows(), null, NOW, CHINA_CALENDAR, policy).lookAgainAt).toBe(
      startOfDay(TODAY + 10),
    );
  });
});
