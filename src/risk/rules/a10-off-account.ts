import type { Fen } from '../../core/money.js';
import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import { isLawfulPayee } from '../../ledger/quantities.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { defineRule, type EvidenceRef, noData } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

interface Proof extends EvidenceRef {
  readonly fen: Fen;
}

/**
 * Fees taken into an account that is not lawful for the institution. Proof is the payee told by the channel, an inspection that
 * found it, or a complaint that was upheld; an open complaint is none.
 *
 * An account that nobody has registered may be one whose registration is told late. That is waited for while no account that may take
 * fees is registered. Elsewhere it counts at once.
 */
export const rule = defineRule({
  id: 'A10',
  version: 2,
  group: 'A',
  name: { zh: '体外收费', en: 'Off-account collection' },
  question: { zh: '是否有学费收进了监管账户以外的账户？', en: 'Were fees taken into an account outside supervision?' },
  basis: {
    zh: '教监管函〔2021〕2号：不得使用专用账户以外的账户收费；一万元为芜湖标准',
    en: 'Notice 2021 No. 2: no other account may take fees; the ¥10,000 step is Wuhu’s',
  },
  params: {
    windowDays: {
      value: 90,
      unit: 'days',
      min: 1,
      max: 400,
      source: 'ours',
      note: 'How long a proven case is held against the institution.',
    },
    unregisteredDays: {
      value: 3,
      unit: 'days',
      max: 60,
      source: 'ours',
      note: 'Registrations may be told so many days late: so long after its first fees an account that nobody registered is waited for, while none is registered that may take fees.',
    },
    redFen: { value: 1_000_000, unit: 'fen', source: 'rule', note: 'More than ¥10,000 in all (Wuhu 2022).' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const accounts = (sheet.rows.registers['account.registered'] ?? []).map((row) => row.data);
    const { unlawful, waitsUntil } = unlawfulPayees(sheet, accounts, p.unregisteredDays);
    const paidFen = paidOffAccount(sheet, from, unlawful);
    const proofs = otherProofs(sheet, from);
    if (paidFen === 0n && proofs.length === 0 && (waitsUntil !== null || isUnknown(sheet, accounts))) {
      const answer = noData(
        '收款账户尚未登记，暂无法判断',
        'Accounts that take fees are not registered yet, so they cannot be judged',
      );
      return { ...answer, lookAgainAt: waitsUntil };
    }
    const totalFen = proofs.reduce((sum, proof) => sum + proof.fen, paidFen);
    const judgement = judge([
      { level: 'orange', threshold: 0, tests: [is(paidFen > 0n || proofs.length > 0)] },
      { level: 'red', threshold: p.redFen, tests: [sheet.tests.over(totalFen, p.redFen)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: Number(totalFen),
      unit: 'fen',
      reason: () => ({
        zh: `近 ${p.windowDays} 天付入非监管账户 ${zhYuan(paidFen)}，检查或查实投诉 ${proofs.length} 件，合计 ${zhYuan(totalFen)}`,
        en: `In ${p.windowDays} days ${enYuan(paidFen)} was paid into accounts outside supervision; ${plural(proofs.length, 'inspection or upheld complaint', 'inspections or upheld complaints')}; ${enYuan(totalFen)} in all`,
      }),
      evidence: () =>
        refsOf(
          sheet.payments
            .filter(
              (payment) =>
                payment.netFen > 0n &&
                payment.paidOn >= from &&
                payment.told.payee !== null &&
                unlawful.has(payment.told.payee),
            )
            .sort((a, b) => b.amountFen - a.amountFen)
            .map((payment) => payment.told),
          proofs,
        ),
      lookAgainAt: judgement.holdLevel === 'none' ? waitsUntil : sheet.nextMidnight,
    };
  },
});

type Accounts = Parameters<typeof isLawfulPayee>[1];

/** Who took fees and may not; those whose registration may still come are left out until then. */
function unlawfulPayees(
  sheet: FactSheet,
  accounts: Accounts,
  unregisteredDays: number,
): { readonly unlawful: ReadonlySet<string>; readonly waitsUntil: Us | null } {
  const unlawful = new Set<string>();
  const hasLawful = accounts.some(({ accountId }) => isLawfulPayee(accountId, accounts));
  let waitsUntil: Us | null = null;
  for (const { payee, firstOn } of payeesOf(sheet)) {
    if (isLawfulPayee(payee, accounts)) continue;
    const isRegistered = accounts.some(({ accountId }) => accountId === payee);
    const last = firstOn + unregisteredDays;
    if (hasLawful || isRegistered || sheet.today > last) unlawful.add(payee);
    else waitsUntil = earliest(waitsUntil, startOfDay(last + 1));
  }
  return { unlawful, waitsUntil };
}

/** Nothing can be said of who takes the fees. */
function isUnknown(sheet: FactSheet, accounts: Accounts): boolean {
  return accounts.length === 0 && sheet.unearnedFen > 0n && payeesOf(sheet).length === 0;
}

/** Accounts that fees are told to have come into; not those of which every telling was taken back, of which sums of nothing are left. */
function payeesOf({ money }: FactSheet): { readonly payee: string; readonly firstOn: Day }[] {
  return money.subsOf('receipts').flatMap((payee) => {
    const firstOn = payee === '' ? null : money.firstDay('receipts', 'debitFen', new Set([payee]));
    return firstOn === null ? [] : [{ payee, firstOn }];
  });
}

/** Gross receipts of unlawful payees in the window, less what was reversed of them. */
function paidOffAccount(sheet: FactSheet, from: Day, unlawful: ReadonlySet<string>): Fen {
  if (unlawful.size === 0) return 0n;
  let sum = sheet.money.moved('receipts', 'debitFen', unlawful, from, sheet.today);
  for (const payment of sheet.payments) {
    if (payment.paidOn >= from && payment.told.payee !== null && unlawful.has(payment.told.payee))
      sum -= BigInt(payment.amountFen) - payment.netFen;
  }
  return sum;
}

function otherProofs(sheet: FactSheet, from: Day): Proof[] {
  const { registers } = sheet.rows;
  const recent = (at: number) => dayOf(at) >= from && at <= sheet.now;
  const upheld = new Set(
    (registers['complaint.closed'] ?? []).filter((row) => row.data.upheld === true).map((row) => row.data.ticketId),
  );
  return [
    ...(registers['inspection.recorded'] ?? []).filter(
      (row) => recent(row.at) && row.data.findings.includes('off_account'),
    ),
    ...(registers['complaint.received'] ?? []).filter(
      (row) => recent(row.at) && row.data.kind === 'off_account' && upheld.has(row.data.ticketId),
    ),
  ].map((row) => ({ source: row.source, id: row.id, fen: BigInt(row.data.amountFen ?? 0) }));
}
