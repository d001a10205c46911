import { type Fen, maxFen } from '../../core/money.js';
import { type Day, dayOf } from '../../core/time.js';
import { type Booked, type PaymentRow, SEPARATOR, type Told } from '../../ledger/rows.js';
import type { EvidenceRef } from '../rule.js';
import type { InstitutionRows } from './rows.js';

/**
 * A movement of money that the platform and the bank both tell, with other amounts. Of what only one of them tells, or tells in
 * part, nothing is said here: it may be on its way.
 */
export interface DifferingSides {
  readonly accountId: string;
  /** By how much more the account should hold by what the platform tells than by what the bank has booked; below zero: less. */
  readonly missingFen: Fen;
  /** The day of the newest part of either side. */
  readonly newestOn: Day;
  readonly evidence: readonly EvidenceRef[];
}

/**
 * Payments and the credits that name them, releases and refunds and the debits that name them. `payments`: all of the rows, or those
 * that are `isNamedOtherwise`.
 */
export function differingSides(rows: InstitutionRows, payments: readonly PaymentRow[]): readonly DifferingSides[] {
  return [...credits(payments), ...releases(rows), ...refunds(rows)];
}

/** Payments and credits that hang together because the ones name the others. */
interface Group {
  readonly credits: Map<string, Booked>;
  /** How many payments each credit names. */
  readonly named: Map<string, number>;
  readonly payments: PaymentRow[];
}

function credits(payments: readonly PaymentRow[]): DifferingSides[] {
  const groups = new Map<string, Group>();
  for (const row of payments) if (isNamedOtherwise(row)) addTo(groups, row);
  return [...new Set(groups.values())].flatMap((group) => creditSides(group) ?? []);
}

/**
 * Credits name the payment, and not, as nearly always, one credit it alone, with its amount. A reversal may have come before the credit
 * or after it. Amounts are safe integers: all payments are looked at so.
 */
export function isNamedOtherwise({ namedBy, told, reversedFen }: PaymentRow): boolean {
  if (namedBy.length !== 1) return namedBy.length > 1;
  const [, , bookedFen, payments] = namedBy[0]!;
  return payments !== 1 || bookedFen > told!.amountFen || bookedFen < Math.max(0, told!.amountFen - reversedFen);
}

function addTo(groups: Map<string, Group>, row: PaymentRow): void {
  const known = row.namedBy.length === 1 ? groups.get(row.namedBy[0]![0]) : undefined;
  if (known !== undefined) {
    known.payments.push(row);
    return;
  }
  const group: Group = { credits: new Map(), named: new Map(), payments: [row] };
  for (const [key, on, amountFen, payments] of row.namedBy) {
    group.credits.set(key, [key, on, amountFen]);
    group.named.set(key, payments);
    const other = groups.get(key);
    if (other === undefined || group.payments.includes(other.payments[0]!)) continue;
    for (const [one, credit] of other.credits) group.credits.set(one, credit);
    for (const [one, count] of other.named) group.named.set(one, count);
    group.payments.push(...other.payments);
  }
  for (const key of group.credits.keys()) groups.set(key, group);
}

function creditSides({ credits, named, payments }: Group): DifferingSides | null {
  for (const [key, count] of named)
    if (payments.filter(({ namedBy }) => namedBy.some(([one]) => one === key)).length < count) return null;
  const booked = [...credits.values()];
  const bookedFen = sum(booked);
  const grossFen = payments.reduce((fen, row) => fen + grossOf(row), 0n);
  const netFen = payments.reduce((fen, row) => fen + netOf(row), 0n);
  if (bookedFen <= grossFen && bookedFen >= netFen) return null;
  const told = payments.map((row) => row.told!);
  return sides(told, booked, (bookedFen > grossFen ? grossFen : netFen) - bookedFen);
}

function grossOf({ told }: PaymentRow): Fen {
  return BigInt(told!.amountFen);
}

function netOf({ told, reversedFen }: PaymentRow): Fen {
  return maxFen(0n, BigInt(told!.amountFen - reversedFen));
}

function releases({ differingReleases }: InstitutionRows): DifferingSides[] {
  return differingReleases.map((one) => sides([one], one.debits, sum(one.debits) - one.toldFen));
}

/** Of refunds that the institution pays itself no bank tells. */
function refunds(rows: InstitutionRows): DifferingSides[] {
  return rows.refunds.flatMap(({ refund: { paid }, paidTo, debits }) => {
    if (debits.length === 0 || paidTo.some(({ via }) => via === null)) return [];
    const parts = paid.filter((_, at) => paidTo[at]!.via === 'custody');
    const toldFen = parts.reduce((fen, part) => fen + BigInt(part.amountFen), 0n);
    return parts.length === 0 || toldFen === sum(debits) ? [] : sides(parts, debits, sum(debits) - toldFen);
  });
}

function sides(told: readonly Told[], booked: readonly Booked[], missingFen: Fen): DifferingSides {
  const newest = booked.reduce((best, one) => (one[1] > best[1] ? one : best));
  return {
    accountId: newest[0].slice(0, newest[0].indexOf(SEPARATOR)),
    missingFen,
    newestOn: told.reduce((day, { at }) => Math.max(day, dayOf(at)), newest[1]),
    evidence: told.map(({ source, id }) => ({ source, id })),
  };
}

function sum(booked: readonly Booked[]): Fen {
  return booked.reduce((fen, [, , amountFen]) => fen + BigInt(amountFen), 0n);
}
