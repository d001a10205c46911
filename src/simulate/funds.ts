import { addMonths, type Day, formatDay, type Us, weekday } from '../core/time.js';
import type { PaymentChannel } from '../events/payment.js';
import type { Contract, School } from './school.js';

const CHANNELS: readonly (readonly [PaymentChannel, number])[] = [
  ['wechat', 55],
  ['alipay', 30],
  ['card', 10],
  ['transfer', 5],
];
/** How far a careful school keeps its deposit above the fees of three months. */
const DEPOSIT_FLOOR = 1.25;
const DEPOSIT_TARGET = 1.5;

/** The school's money: where families pay to, what the custody account releases, what the deposit has to be. */
export class FundsDesk {
  /** The account into which a family lawfully pays. */
  readonly payee: string;
  private readonly receipts: { readonly day: Day; readonly amountFen: number }[] = [];
  private readonly releasable = new Set<Contract>();
  private overReleaseFen = 0;
  private creditDelayDays = 0;

  constructor(private readonly school: School) {
    const { mode } = school.profile;
    this.payee = mode === 'deposit' || mode === 'postpaid' ? school.number('S') : school.account!.id;
  }

  get isCustody(): boolean {
    const { mode } = this.school.profile;
    return mode !== 'deposit' && mode !== 'postpaid';
  }

  /** Registers the institution and its accounts, before its first contract. */
  open(day: Day): void {
    const { school } = this;
    const { profile, tell } = school;
    tell('institution.upserted', '/registry/370700', school.at(day, 0.05), school.registered);
    const register = (accountId: string, purpose: 'custody' | 'deposit' | 'settlement', openingFen: number): void =>
      tell('account.registered', school.platform, school.at(day, 0.1), {
        accountId,
        bankCode: profile.bank.code,
        purpose,
        mode: profile.mode,
        validFrom: formatDay(day),
        ...(openingFen > 0 ? { openingFen } : {}),
      });
    const { account } = school;
    if (account && this.isCustody) register(account.id, 'custody', 0);
    if (account && !this.isCustody) {
      account.balanceFen = Math.round(profile.learners * 340_000 * school.random.between(1, 1.3));
      register(account.id, 'deposit', account.balanceFen);
    }
    if (!this.isCustody) register(this.payee, 'settlement', 0);
  }

  live(day: Day): void {
    if (this.isCustody) this.release(day);
    else if (this.school.account) this.topUp(day);
    else this.collect(day);
  }

  pay(
    contract: Contract,
    amountFen: number,
    at: Us,
    day: Day,
    terms: { payee: string; loan?: boolean | undefined },
  ): string {
    const { school } = this;
    const { random, account, profile } = school;
    const paymentId = school.number('P');
    contract.paidFen += amountFen;
    this.receipts.push({ day, amountFen });
    school.tell('payment.succeeded', school.platform, at, {
      paymentId,
      contractId: contract.id,
      amountFen,
      channel: profile.mode === 'ecny' ? 'ecny' : random.weighted(CHANNELS),
      payeeAccountId: terms.payee,
      payerHash: contract.payerHash,
      ...(terms.loan ? { loan: true } : {}),
    });
    if (terms.payee !== this.payee) {
      school.sign(day);
      school.mustRaise('A10', day + 1);
    } else if (this.isCustody && account) {
      account.expect(account.bookingDay(day, profile.bank.creditDays + this.creditDelayDays), {
        side: 'credit',
        amountFen,
        paymentIds: [paymentId],
        onBooked: () => {
          contract.isCredited = true;
        },
      });
    }
    return paymentId;
  }

  /** For a story: the next release is larger than it may be. */
  releaseTooMuch(amountFen: number): void {
    this.overReleaseFen = amountFen;
  }

  /** For a story: from now on credits come that many days later. */
  delayCredits(days: number): void {
    this.creditDelayDays = days;
  }

  /** Something more of the contract was confirmed. */
  confirmed(contract: Contract): void {
    if (this.isCustody && contract.isLawful) this.releasable.add(contract);
  }

  /** Fees received in the three months to the day. */
  receivedFen(day: Day): number {
    const from = addMonths(day, -3);
    return this.receipts.reduce((sum, one) => (one.day > from ? sum + one.amountFen : sum), 0);
  }

  private release(day: Day): void {
    const { school } = this;
    const { season, profile, account } = school;
    if (account === null || !season.isWorkingDay(day)) return;
    if (profile.releasesWeekly && !this.isReleaseDay(day)) return;
    const lines: { contractId: string; amountFen: number }[] = [];
    for (const contract of this.releasable) {
      const amountFen = this.allowedFen(contract) - contract.releasedFen + this.overReleaseFen;
      if (amountFen <= 0 || !contract.isCredited) continue;
      this.overReleaseFen = 0;
      contract.releasedFen += amountFen;
      lines.push({ contractId: contract.id, amountFen });
      if (contract.releasedFen >= contract.priceFen) this.releasable.delete(contract);
    }
    if (lines.length === 0) return;
    const instructionId = school.number('N');
    const at = school.between(day, 8.5, 9.5);
    school.tell('release.instructed', school.platform, at, { instructionId, accountId: account.id, lines });
    account.expect(day, {
      side: 'debit',
      amountFen: lines.reduce((sum, line) => sum + line.amountFen, 0),
      purpose: 'release',
      instructionId,
    });
  }

  /** One weekday of the school; the next working day if it is none. */
  private isReleaseDay(day: Day): boolean {
    const { profile, season } = this.school;
    const usual = 1 + (profile.serial % 5);
    for (let back = 0; back < 10; back += 1)
      if (weekday(day - back) === usual && season.nextWorkingDay(day - back) === day) return true;
    return false;
  }

  /** What may have been released: the confirmed value, or in stages 30, 60 and 100 percent at a third, two thirds and the end. */
  private allowedFen(contract: Contract): number {
    const { confirmedFen, priceFen } = contract;
    if (this.school.profile.mode !== 'staged') return confirmedFen;
    if (confirmedFen >= priceFen) return priceFen;
    if (confirmedFen * 3 >= priceFen * 2) return Math.floor(priceFen * 0.6);
    return confirmedFen * 3 >= priceFen ? Math.floor(priceFen * 0.3) : 0;
  }

  private topUp(day: Day): void {
    const { school } = this;
    const { account } = school;
    if (account === null || !school.now.topUps || !school.season.isWorkingDay(day)) return;
    const floor = this.receivedFen(day);
    if (account.balanceFen >= floor * DEPOSIT_FLOOR) return;
    const amountFen = Math.ceil((floor * DEPOSIT_TARGET - account.balanceFen) / 100_000) * 100_000;
    account.expect(day, { side: 'credit', amountFen });
  }

  /** Teach first, pay later: on the last days of the month families pay for what was confirmed. */
  private collect(day: Day): void {
    const { school } = this;
    if (!formatDay(day + 1).endsWith('-01')) return;
    for (const contract of school.contracts.values()) {
      const owedFen = contract.confirmedFen - contract.paidFen;
      if (owedFen > 0) this.pay(contract, owedFen, school.between(day, 10, 18), day, { payee: this.payee });
    }
  }
}
