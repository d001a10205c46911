import { type Day, formatDay, US_PER_SECOND } from '../core/time.js';
import type { RefundSide } from '../events/refund.js';
import type { Contract, School } from './school.js';

interface Refund {
  readonly id: string;
  readonly contract: Contract;
  readonly askedOn: Day;
  /** What the school agrees to: all of it, or less. */
  readonly amountFen: number;
  /** When the school answers; null: never, and silence counts as yes. */
  readonly answersOn: Day | null;
  readonly refuses: boolean;
  status: 'asked' | 'owed' | 'done';
  dueOn: Day;
  payOn: Day;
  isLate: boolean;
}

/** Silence of the school counts as agreed after this many working days (national app). */
const DEEMED_WORKING_DAYS = 5;
/** How often families ask their money back in an even year, per running contract and day. */
const ASK_SHARE = 0.0009;
/** After a stop most of the families ask within some weeks. */
const ASK_SHARE_AFTER_STOP = 0.035;

/** How a refund that a story asks for differs from the others. */
export interface RefundTerms {
  readonly side?: RefundSide;
  readonly answers?: 'yes' | 'no' | 'never';
  readonly paysInDays?: number;
}

/** Families ask for their money back; the school answers, pays in time, late or never. */
export class RefundDesk {
  private open: Refund[] = [];
  /** The school keeps this share of every refund. */
  shortShare = 0;

  constructor(private readonly school: School) {}

  live(day: Day): void {
    const { school } = this;
    const { random, now } = school;
    const share = school.isStopped(day) ? ASK_SHARE_AFTER_STOP : ASK_SHARE * now.refundsAsked;
    for (const contract of [...school.contracts.values()])
      if (random.chance(share) && day - contract.signedOn > 9) this.ask(day, contract, {});
    for (const refund of this.open) this.step(day, refund);
    this.open = this.open.filter((refund) => refund.status !== 'done');
  }

  /** A family asks for what was not taught. False when nothing is left. */
  ask(day: Day, contract: Contract, terms: RefundTerms): boolean {
    const { school } = this;
    const { random, now, season } = school;
    const amountFen = contract.paidFen - contract.confirmedFen - contract.pendingFen;
    if (contract.status !== 'running' || amountFen <= 0) return false;
    contract.status = 'refunding';
    const answers =
      terms.answers ?? (!random.chance(now.refundsAnswered) ? 'never' : random.chance(now.refusals) ? 'no' : 'yes');
    const answersOn = answers === 'never' ? null : season.workingDaysAfter(day, random.int(1, 3));
    const decidedOn = answersOn ?? season.workingDaysAfter(day, DEEMED_WORKING_DAYS) + 1;
    const days = terms.paysInDays ?? Math.round((school.profile.refundDays + random.int(-1, 2)) * now.refundTime);
    const refund: Refund = {
      id: school.number('Q'),
      contract,
      askedOn: day,
      amountFen: amountFen - Math.floor(amountFen * this.shortShare),
      answersOn,
      refuses: answers === 'no',
      status: 'asked',
      dueOn: season.nextWorkingDay(Math.max(day + contract.refundDays, decidedOn)),
      payOn: season.nextWorkingDay(decidedOn + Math.max(1, days)),
      isLate: false,
    };
    school.tell('refund.requested', school.platform, school.between(day, 9, 21), {
      refundId: refund.id,
      contractId: contract.id,
      amountFen,
      side: terms.side ?? (school.isStopped(day) ? 'operator' : random.chance(0.85) ? 'consumer' : 'operator'),
    });
    this.open.push(refund);
    return true;
  }

  private step(day: Day, refund: Refund): void {
    const { season } = this.school;
    if (refund.status === 'asked') this.decide(day, refund);
    if (refund.status !== 'owed') return;
    if (day >= refund.payOn) this.tryToPay(day, refund);
    // The first working day after the due day: it is late for everybody to see.
    if (refund.status === 'owed' && !refund.isLate && day > season.workingDaysAfter(refund.dueOn, 1)) {
      refund.isLate = true;
      this.school.sign(day);
      this.school.mustRaise('C01', day);
    }
  }

  private decide(day: Day, refund: Refund): void {
    const { school } = this;
    if (refund.answersOn === null) {
      if (day > school.season.workingDaysAfter(refund.askedOn, DEEMED_WORKING_DAYS)) refund.status = 'owed';
      return;
    }
    if (day < refund.answersOn) return;
    if (school.isStopped(day)) return;
    const at = school.between(day, 9, 17);
    if (refund.refuses) {
      school.tell('refund.rejected', school.platform, at, {
        refundId: refund.id,
        contractId: refund.contract.id,
        reason: '协商后继续上课',
      });
      refund.contract.status = 'running';
      refund.status = 'done';
      return;
    }
    school.tell('refund.approved', school.platform, at, {
      refundId: refund.id,
      contractId: refund.contract.id,
      amountFen: refund.amountFen,
      dueOn: formatDay(refund.dueOn),
    });
    refund.status = 'owed';
  }

  private tryToPay(day: Day, refund: Refund): void {
    const { school } = this;
    const { account, random, now } = school;
    const custody = school.funds.isCustody && refund.contract.isLawful && account !== null;
    if (
      !random.chance(now.refundsPaid) ||
      (custody && (account.balanceFen < refund.amountFen || !refund.contract.isCredited))
    ) {
      refund.payOn = school.season.nextWorkingDay(day + random.int(6, 12));
      return;
    }
    refund.status = 'done';
    const { amountFen } = refund;
    if (!custody) return this.paid(refund, amountFen, school.between(day, 10, 17), null);
    account.expect(account.bookingDay(day, 0), {
      side: 'debit',
      amountFen,
      purpose: 'refund',
      refundId: refund.id,
      onBooked: (at, txnId) => this.paid(refund, amountFen, at + random.int(600, 4_000) * US_PER_SECOND, txnId),
    });
  }

  private paid(refund: Refund, amountFen: number, at: number, bankTxnId: string | null): void {
    const { school } = this;
    const { contract } = refund;
    school.tell('refund.paid', school.platform, at, {
      refundId: refund.id,
      contractId: contract.id,
      amountFen,
      via: bankTxnId === null ? 'institution' : 'custody',
      ...(bankTxnId === null ? {} : { bankTxnId }),
      payeeHash: contract.payerHash,
      originalChannel: true,
    });
    school.tell('contract.ended', school.platform, at + 60 * US_PER_SECOND, {
      contractId: contract.id,
      reason: 'refund',
    });
    school.sales.end(contract);
  }
}
