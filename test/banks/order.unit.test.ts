import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCamt } from '../../src/banks/formats/camt.js';
import type { KnownEntry } from '../../src/banks/identity.js';
import { readEntry } from '../../src/banks/movement.js';
import { planEntries, type Telling, type Told } from '../../src/banks/plan.js';
import { surveyStatements } from '../../src/banks/survey.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { decodeValue } from '../../src/events/decode.js';
import type { AnyEvent } from '../../src/events/event.js';
import { Model } from '../../src/model/model.js';
import { detailXml, documentXml, type XmlEntry } from './support.js';

const ACCOUNT = { accountId: 'A-10001', bankCode: 'B003', institutionId: 'X-370702-1', institutionNo: 1 };
const DAYS = ['2026-03-02', '2026-03-03', '2026-03-04'];

/** An entry as the bank has it in its own books. */
interface TrueEntry {
  readonly amount: number;
  readonly day: number;
  readonly isCredit: boolean;
  readonly isRefund: boolean;
  /** Of two halves, each a transaction of its own. */
  readonly isBatch: boolean;
  /** Undone on the last day. */
  readonly isUndone: boolean;
}

/** A message tells some of them, more or less exactly. */
interface Message {
  readonly kind: '052' | '053' | '054';
  readonly tells: readonly boolean[];
  readonly isExact: boolean;
  readonly isReversed: boolean;
}

const trueEntry: fc.Arbitrary<TrueEntry> = fc.record({
  amount: fc.integer({ min: 1, max: 3 }).map((n) => n * 200),
  day: fc.integer({ min: 0, max: 1 }),
  isCredit: fc.boolean(),
  isRefund: fc.boolean(),
  isBatch: fc.boolean(),
  isUndone: fc.boolean(),
});

const message: fc.Arbitrary<Message> = fc.record({
  kind: fc.constantFrom('052', '053', '054'),
  tells: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
  isExact: fc.boolean(),
  isReversed: fc.boolean(),
});

/** All that the bank tells. One that gives no references of its own tells neither batches nor reversals here: nothing would hold them together. */
function toldBy(entries: readonly TrueEntry[], isExact: boolean, hasRefs: boolean): XmlEntry[] {
  return entries.flatMap((entry, at): XmlEntry[] => {
    const mark = `M-${at}`;
    const purpose = entry.isRefund && !entry.isCredit ? '<Purp><Cd>REFU</Cd></Purp>' : '';
    const half = (entry.amount / 2).toFixed(2);
    const isBatch = entry.isBatch && hasRefs && !entry.isUndone;
    const details = isBatch
      ? [1, 2].map((n) => detailXml(half, { EndToEndId: `${mark}-${n}` }, purpose)).join('')
      : detailXml(entry.amount.toFixed(2), { EndToEndId: mark }, purpose);
    const told: XmlEntry = {
      amount: entry.amount.toFixed(2),
      direction: entry.isCredit ? 'CRDT' : 'DBIT',
      bookedOn: DAYS[entry.day]!,
      ...(hasRefs ? { bankRef: `R-${at}` } : {}),
      ...(isExact ? { details } : {}),
    };
    if (!entry.isUndone || !hasRefs) return [told];
    const undoing: XmlEntry = {
      ...told,
      direction: entry.isCredit ? 'DBIT' : 'CRDT',
      bookedOn: DAYS[2]!,
      reversal: true,
      bankRef: `U-${at}`,
      details: detailXml(entry.amount.toFixed(2), { EndToEndId: mark }),
    };
    return [told, undoing];
  });
}

interface Run {
  readonly known: KnownEntry[];
  readonly model: Model;
  readonly events: AnyEvent[];
  entries: number;
}

/** As the transaction does it, in memory. */
async function take(run: Run, xml: string, reading: number, batchEntries: number): Promise<void> {
  const entries: Told[] = [];
  const [survey] = await surveyStatements(readCamt([Buffer.from(xml)]), (item) => {
    if (item.what !== 'entry') return;
    run.entries += 1;
    const read = readEntry(item.entry, { kind: 'statement', currency: 'CNY' } as never, undefined, null);
    if (read.what !== 'movement') throw new Error(`not a movement: ${JSON.stringify(read)}`);
    entries.push({ movement: read.movement, line: item.entry.line });
  });
  const { kind } = survey!.head;
  const met = new Set<number>();
  const telling: Telling = {
    account: ACCOUNT,
    kind,
    reading,
    statementNo: kind === 'statement' ? reading : null,
    createdAt: null,
    replaces: [],
    isOutdated: false,
    met,
    isMixed: survey!.isMixed,
    isRedrive: false,
  };
  for (let from = 0; from < entries.length; from += batchEntries) {
    for (const planned of planEntries(telling, entries.slice(from, from + batchEntries), run.known)) {
      if (planned.row) {
        planned.row.no ??= run.known.indexOf(planned.row) + 1;
        met.add(planned.row.no);
      }
      expect(planned.kind).not.toBe('refused');
      for (const event of planned.events) {
        const decoded = decodeValue(event, {
          bytesMax: 262_144,
          depthMax: 32,
          receivedAt: parseTime('2026-03-10T00:00:00+08:00'),
        });
        if (!decoded.ok) throw new Error(decoded.rejection.message);
        expect(run.model.book(decoded.event).kind).toBe('accepted');
        run.events.push(decoded.event);
      }
    }
  }
}

async function takeAll(documents: readonly string[], batchEntries: number): Promise<Run> {
  const run: Run = { known: [], model: new Model(CHINA_CALENDAR), events: [], entries: 0 };
  for (const [at, xml] of documents.entries()) await take(run, xml, at + 1, batchEntries);
  return run;
}

/** What stands: the quantities of the books, and the content of every event that is not reversed, but for the bank's id. */
function standing({ model, events }: Run): object {
  const reversed = new Set(
    events.flatMap((event) => (event.type === 'event.reversed' ? [event.data.reverses.id] : [])),
  );
  const told = events.filter((event) => event.type !== 'event.reversed' && !reversed.has(event.id));
  const { events: _, ...quantities } = model.quantities(ACCOUNT.institutionId, parseTime('2026-03-10T00:00:00+08:00')!);
  return { quantities, told: told.map(({ type, data }) => JSON.stringify({ type, ...data, bankTxnId: '' })).sort() };
}

function documentOf(
  entries: readonly TrueEntry[],
  hasRefs: boolean,
  { kind, tells, isExact, isReversed }: Message,
): string {
  const all = toldBy(entries, isExact, hasRefs).filter((_, at) => tells[at % tells.length]);
  return documentXml({ kind, statements: [{ entries: isReversed ? all.reverse() : all }] });
}

test('any order, split and repetition of reports, notifications and statements gives the same books, to the fen', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(trueEntry, { minLength: 1, maxLength: 7 }),
      fc.boolean(),
      fc.array(message, { maxLength: 4 }),
      fc.array(fc.nat(100), { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      async (entries, hasRefs, messages, shuffle, batch) => {
        const whole = documentOf(entries, hasRefs, { kind: '053', tells: [true], isExact: true, isReversed: false });
        const documents = [...messages.map((one) => documentOf(entries, hasRefs, one)), whole];
        const shuffled = documents
          .map((xml, at) => ({ xml, key: shuffle[at]! }))
          .sort((a, b) => a.key - b.key)
          .map((one) => one.xml);
        const expected = standing(await takeAll([whole], 100));
        expect(standing(await takeAll([...shuffled, ...shuffled], batch))).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('every entry that is generated is read back, with its amount, and the sums are those of the file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ fen: fc.bigInt({ min: 0n, max: 10n ** 15n }), isCredit: fc.boolean(), isBooked: fc.boolean() }),
        { maxLength: 30 },
      ),
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 4_000 }),
      async (entries, version, chunk) => {
        const decimal = (fen: bigint) => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`;
        const booked = entries.filter((one) => one.isBooked);
        const sum = booked.reduce((total, one) => total + (one.isCredit ? one.fen : -one.fen), 0n);
        const opening = 10n ** 17n;
        const xml = documentXml({
          version,
          statements: [
            {
              balances: [
                ['OPBD', decimal(opening), '2026-03-02'],
                ['CLBD', decimal(opening + sum), '2026-03-02'],
              ],
              entries: entries.map((one) => ({
                amount: decimal(one.fen),
                direction: one.isCredit ? 'CRDT' : 'DBIT',
                status: one.isBooked ? 'BOOK' : 'PDNG',
              })),
            },
          ],
        });
        const bytes = Buffer.from(xml);
        const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) =>
          bytes.subarray(at * chunk, (at + 1) * chunk),
        );
        const amounts: (bigint | null)[] = [];
        const [survey] = await surveyStatements(readCamt(chunks), (item) => {
          if (item.what === 'entry') amounts.push(item.entry.amount);
        });
        expect(amounts).toEqual(entries.map((one) => one.fen * 1_000n));
        expect(survey).toMatchObject({
          entries: entries.length,
          pending: entries.length - booked.length,
          arithmetic: { state: 'right' },
        });
      },
    ),
    { numRuns: 100 },
  );
});
