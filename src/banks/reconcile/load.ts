import type pg from 'pg';
import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import { toDbDay } from '../../db/pool.js';
import type { EventType } from '../../events/event.js';
import { eventTypeNumber, eventTypeOf } from '../../events/list.js';
import { ACCOUNT } from '../../ledger/accounts.js';
import { contractLine } from '../../ledger/plan.js';
import { isLawfulPayee } from '../../ledger/quantities.js';
import { joinKey, type PaymentRow } from '../../ledger/rows.js';
import { loadPayments, type PaymentColumns, paymentOf } from '../../ledger/sql/load-registers.js';
import { readRegisters } from '../../ledger/sql/read-registers.js';
import type { KeptOutEntry, ReconcileRows, Standing } from './rows.js';

export interface LoadKey {
  readonly no: number;
  readonly id: string;
  /** What is not read again; null reads everything. */
  readonly closedThrough: Day | null;
}

/** Before every day of a history. */
const FIRST_DAY: Day = -700_000;

type Mutable = { -readonly [K in keyof ReconcileRows]: ReconcileRows[K] } & {
  accounts: ReconcileRows['accounts'][number][];
  bookedFen: Map<string, Fen>;
  payments: PaymentRow[];
  credits: Standing<'custody.credited'>[];
  debits: Standing<'custody.debited'>[];
  instructions: Standing<'release.instructed'>[];
  refundsPaid: Standing<'refund.paid'>[];
  balances: Standing<'custody.balance_reported'>[];
  keptOut: KeptOutEntry[];
  overReleased: ReconcileRows['overReleased'][number][];
};

export interface Loaded {
  readonly rows: ReadonlyMap<number, ReconcileRows>;
  /** Institutions in which something hangs together with a closed day: they must be read in full. */
  readonly reopened: readonly number[];
  /** Entries of the banks that were read. */
  readonly entries: number;
}

/** The rows of some institutions, with one statement per table for all of them. Reads one state of the database (repeatable read). */
export async function loadReconcileRows(client: pg.ClientBase, keys: readonly LoadKey[]): Promise<Loaded> {
  const page = new Page(client, keys);
  await page.accounts();
  await page.sums();
  const entries = await page.items();
  await page.payments();
  await page.rest();
  return { rows: page.rows, reopened: page.reopened(), entries };
}

class Page {
  readonly rows = new Map<number, Mutable>();
  private readonly nos: readonly number[];
  private readonly custody = new Map<number, Set<string>>();
  /** Institutions in which a credit names a payment that was not among those after the closed day. */
  private readonly reaching = new Set<number>();
  private readonly payees = new Map<number, string[]>();

  constructor(
    private readonly client: pg.ClientBase,
    private readonly keys: readonly LoadKey[],
  ) {
    this.nos = keys.map((key) => key.no);
    for (const { no, id, closedThrough } of keys) this.rows.set(no, emptyRows(id, closedThrough));
  }

  async accounts(): Promise<void> {
    const states = await readRegisters(this.client, this.nos, ['account.state_changed']);
    const closed = new Set(
      states.filter(({ data }) => data.state === 'closed').map((row) => joinKey(row.institutionNo, row.data.accountId)),
    );
    for (const { institutionNo: no, at, source, id, data } of await readRegisters(this.client, this.nos, [
      'account.registered',
    ])) {
      const isClosed = closed.has(joinKey(no, data.accountId));
      this.of(no).accounts.push({ at, source, id, data, isClosed });
      if (data.purpose === 'custody') this.custodyOf(no).add(data.accountId);
    }
  }

  async sums(): Promise<void> {
    const accounts = [ACCOUNT.bank, ACCOUNT.earned, ACCOUNT.release_clearing, ACCOUNT.stock, ACCOUNT.receipts];
    const { rows } = await this.client.query<{
      institution_no: number;
      account: number;
      sub: string;
      debit_fen: Fen;
      credit_fen: Fen;
    }>(
      'select institution_no, account, sub, debit_fen, credit_fen from balances where institution_no = any($1::int[]) and account = any($2::smallint[])',
      [this.nos, accounts],
    );
    for (const { institution_no: no, account, sub, debit_fen, credit_fen } of rows) {
      const own = this.of(no);
      if (account === ACCOUNT.bank) own.bookedFen.set(sub, debit_fen - credit_fen);
      else if (account === ACCOUNT.earned) own.confirmedFen += credit_fen;
      else if (account === ACCOUNT.stock) own.stockFen += debit_fen;
      else if (account === ACCOUNT.release_clearing && this.custody.get(no)?.has(sub)) own.releasedFen += debit_fen;
      else if (account === ACCOUNT.receipts && sub !== '') this.addPayee(no, sub);
    }
    for (const own of this.rows.values()) {
      for (const { data } of own.accounts) {
        const moved = own.bookedFen.get(data.accountId) ?? 0n;
        own.bookedFen.set(data.accountId, moved + BigInt(data.openingFen ?? 0));
      }
    }
  }

  /** Entries, balances, instructions and refunds after the closed day. */
  async items(): Promise<number> {
    const reversed = await this.reversed();
    const { rows } = await this.client.query<EventColumns>({
      name: 'read_reconcile_items',
      text: `select e.institution_no, e.type, e.at, e.source, e.id, e.body
               from unnest($1::int[], $2::date[]) as t(no, after_day)
               join reconcile_items i on i.institution_no = t.no and i.day > t.after_day
               join events e on e.seq = i.event_seq`,
      values: [this.nos, daysAfter(this.keys)],
    });
    let entries = 0;
    for (const row of rows) {
      if (reversed.has(joinKey(row.institution_no, joinKey(row.source, row.id)))) continue;
      if (this.addItem(row)) entries += 1;
    }
    return entries;
  }

  /** Payments after the closed day, those that a credit names, and those into no lawful account. */
  async payments(): Promise<void> {
    // Where there is no custody account no payment has to reach one.
    const inCustody = this.keys.filter((key) => this.custody.has(key.no));
    const { rows } = await this.client.query<PaymentColumns>({
      name: 'read_reconcile_payments',
      text: `select p.* from unnest($1::int[], $2::date[]) as t(no, after_day)
               join payments p on p.institution_no = t.no and p.paid_on > t.after_day`,
      values: [inCustody.map((key) => key.no), daysAfter(inCustody)],
    });
    const known = new Set<string>();
    const add = (no: number, row: PaymentRow): void => {
      const key = joinKey(no, row.paymentId);
      if (known.has(key)) return;
      known.add(key);
      this.of(no).payments.push(row);
    };
    for (const row of rows) add(row.institution_no, paymentOf(row));
    const named = { nos: [] as number[], keys: [] as string[] };
    for (const [no, own] of this.rows) {
      for (const { data } of own.credits) {
        for (const paymentId of data.paymentIds ?? []) {
          if (known.has(joinKey(no, paymentId))) continue;
          named.nos.push(no);
          named.keys.push(paymentId);
        }
      }
    }
    if (named.nos.length > 0) for (const row of await loadPayments(this.client, named)) add(row.institutionNo, row);
    await this.offAccount(add);
  }

  private async offAccount(add: (no: number, row: PaymentRow) => void): Promise<void> {
    const unlawful = [...this.rows].flatMap(([no, own]) => {
      const accounts = own.accounts.map(({ data }) => data);
      if (accounts.length === 0) return [];
      return (this.payees.get(no) ?? [])
        .filter((payee) => !isLawfulPayee(payee, accounts))
        .map((payee) => ({ no, payee }));
    });
    if (unlawful.length === 0) return;
    const { rows } = await this.client.query<PaymentColumns>(
      `select p.* from unnest($1::int[], $2::text[]) as t(no, payee)
         join payments p on p.institution_no = t.no and p.payee = t.payee collate "C"`,
      [unlawful.map(({ no }) => no), unlawful.map(({ payee }) => payee)],
    );
    for (const row of rows) add(row.institution_no, paymentOf(row));
  }

  async rest(): Promise<void> {
    const { rows: keptOut } = await this.client.query<EventColumns>(
      `select institution_no, type, at, source, id, body from kept_out_events
        where institution_no = any($1::int[]) and type = any($2::smallint[]) order by source, id`,
      [this.nos, [CREDIT, DEBIT]],
    );
    for (const row of keptOut) {
      const type = row.type === CREDIT ? 'custody.credited' : 'custody.debited';
      this.of(row.institution_no).keptOut.push({ type, ...standing<'custody.credited' | 'custody.debited'>(row) });
    }
    const { rows: lines } = await this.client.query<{ institution_no: number; line: string; excess_fen: Fen }>(
      `select institution_no, line, released_fen - confirmed_fen as excess_fen from lines
        where institution_no = any($1::int[]) and (open or over_released) and over_released order by institution_no, line`,
      [this.nos],
    );
    const prefix = contractLine('');
    for (const row of lines)
      if (row.line.startsWith(prefix))
        this.of(row.institution_no).overReleased.push({
          contractId: row.line.slice(prefix.length),
          excessFen: row.excess_fen,
        });
  }

  /** A credit here names a payment of a closed day, or a credit of a closed day names a payment here: it is closed no longer. */
  reopened(): number[] {
    return this.keys
      .filter(({ no, closedThrough }) => {
        if (closedThrough === null) return false;
        const isNamedBefore = (row: PaymentRow): boolean => row.namedBy.some(([, on]) => on <= closedThrough);
        return this.reaching.has(no) || this.of(no).payments.some(isNamedBefore);
      })
      .map(({ no }) => no);
  }

  /** Events that do not count: those that were reversed, and tellings in whose place another one tells their fact. */
  private async reversed(): Promise<Set<string>> {
    const { rows } = await this.client.query<{ institution_no: number; key: string }>(
      `select institution_no, key from events where institution_no = any($1::int[]) and type = ${REVERSAL}
       union all
       select e.institution_no, e.source || chr(31) || e.id from displaced_events d join events e on e.seq = d.event_seq
        where d.institution_no = any($1::int[])`,
      [this.nos],
    );
    return new Set(rows.map((row) => joinKey(row.institution_no, row.key)));
  }

  private addItem(row: EventColumns): boolean {
    const own = this.of(row.institution_no);
    const type = eventTypeOf(row.type);
    switch (type) {
      case 'custody.credited':
        own.credits.push(standing(row));
        return true;
      case 'custody.debited':
        own.debits.push(standing(row));
        return true;
      case 'custody.balance_reported':
        own.balances.push(standing(row));
        return false;
      case 'release.instructed':
        own.instructions.push(standing(row));
        return false;
      case 'refund.paid':
        own.refundsPaid.push(standing(row));
        return false;
      default:
        throw new RangeError(`events of type ${type} are no items of reconciliation`);
    }
  }

  private of(no: number): Mutable {
    return this.rows.get(no)!;
  }

  private custodyOf(no: number): Set<string> {
    const known = this.custody.get(no) ?? new Set();
    this.custody.set(no, known);
    return known;
  }

  private addPayee(no: number, payee: string): void {
    this.payees.set(no, [...(this.payees.get(no) ?? []), payee]);
  }
}

const CREDIT = eventTypeNumber('custody.credited');
const DEBIT = eventTypeNumber('custody.debited');
const REVERSAL = eventTypeNumber('event.reversed');

interface EventColumns {
  readonly institution_no: number;
  readonly type: number;
  readonly at: number;
  readonly source: string;
  readonly id: string;
  readonly body: string;
}

function standing<T extends EventType>({ at, source, id, body }: EventColumns): Standing<T> {
  return { at, source, id, data: (JSON.parse(body) as Pick<Standing<T>, 'data'>).data };
}

function daysAfter(keys: readonly LoadKey[]): string[] {
  return keys.map(({ closedThrough }) => toDbDay(closedThrough ?? FIRST_DAY));
}

function emptyRows(institutionId: string, closedThrough: Day | null): Mutable {
  return {
    institutionId,
    closedThrough,
    accounts: [],
    bookedFen: new Map(),
    payments: [],
    credits: [],
    debits: [],
    instructions: [],
    refundsPaid: [],
    balances: [],
    keptOut: [],
    overReleased: [],
    confirmedFen: 0n,
    releasedFen: 0n,
    stockFen: 0n,
  };
}
