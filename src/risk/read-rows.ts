import type pg from 'pg';
import { type Day, dayOf, type Us } from '../core/time.js';
import { mergeProfile } from '../ledger/profile.js';
import { isNewer } from '../ledger/rows.js';
import { type RegisterEntry, readRegisters, readTellings } from '../ledger/sql/read-registers.js';
import { readReportedBalances } from '../ledger/sql/read-series.js';
import { profileEventsSince } from './facts/profile.js';
import {
  ANNOUNCED_TYPES,
  type InstitutionRows,
  isAnnounced,
  PROFILE_DAYS,
  REGISTER_TYPES,
  REPORTED_MAX,
  type RegisterRow,
  type RegisterType,
} from './facts/rows.js';
import {
  readDifferingReleases,
  readExpired,
  readReleasedLines,
  readSums,
  readUnearned,
  readWithdrawals,
} from './read-books.js';
import type { Building, BuildingOf } from './read-building.js';
import { readContracts, readPayments, readRefunds } from './read-contracts.js';
import { readLinks } from './read-links.js';
import { readTeaching } from './read-teaching.js';

type Db = pg.ClientBase;

/**
 * Everything that one evaluation of each institution reads, in a bounded number of statements for all of them together.
 * `client` must be in a transaction that sees one state (repeatable read), or hold the institutions still otherwise.
 * `earlier`: where they get the rows of earlier days from; without it they have none.
 */
export async function readInstitutionRows(
  client: Db,
  nos: readonly number[],
  now: Us,
  earlier: EarlierRows | null = null,
): Promise<Map<number, InstitutionRows>> {
  const today = dayOf(now);
  return readRowsOf(client, nos, today, today, (no, day) => earlier?.of(no, day) ?? null);
}

/** What decides which thresholds hold for each institution, and nothing else: how it is registered, and its accounts. */
export async function readPlaces(
  client: Db,
  nos: readonly number[],
  now: Us,
): Promise<Map<number, Pick<InstitutionRows, 'profile' | 'registers'>>> {
  const day = dayOf(now);
  const all = await readInstitutions(client, nos, day, NOT_AT_HAND);
  const of: BuildingOf = (no) => all.get(no)!;
  await readRegisterRows(client, nos, of);
  await readProfiles(client, nos, day, of);
  return all;
}

/** Rows of earlier days, read once an evaluation asks for them: hardly any does. */
export class EarlierRows {
  private readonly known = new Map<Day, Map<number, InstitutionRows>>();
  private readonly wanted = new Map<Day, Set<number>>();

  /** `now`: the moment of the evaluation. */
  constructor(private readonly now: Us) {}

  of(no: number, day: Day): InstitutionRows | null {
    const rows = this.known.get(day)?.get(no);
    if (rows !== undefined) return rows;
    const nos = this.wanted.get(day);
    if (nos) nos.add(no);
    else this.wanted.set(day, new Set([no]));
    return null;
  }

  /** Asks for each of `nos`, and again for those that looked for rows of earlier days, until they have them all. In the order of `nos`. */
  async settle<T>(client: Db, nos: readonly number[], ask: (no: number) => T): Promise<T[]> {
    const answers = new Map<number, T>();
    for (let open: Iterable<number> = nos; ; ) {
      for (const no of open) answers.set(no, ask(no));
      if (this.wanted.size === 0) return nos.map((no) => answers.get(no)!);
      const wanted = [...this.wanted];
      this.wanted.clear();
      for (const [day, of] of wanted) {
        const rows = await readRowsOf(client, [...of], day, dayOf(this.now), NOT_AT_HAND);
        this.known.set(day, new Map([...(this.known.get(day) ?? []), ...rows]));
      }
      open = new Set(wanted.flatMap(([, of]) => [...of]));
    }
  }
}

const NOT_AT_HAND = (): null => null;

/** `today`: sums per day and counts of an earlier `day` are those that today's rows have. */
async function readRowsOf(
  client: Db,
  nos: readonly number[],
  day: Day,
  today: Day,
  earlier: EarlierRows['of'],
): Promise<Map<number, InstitutionRows>> {
  const all = await readInstitutions(client, nos, day, earlier);
  const of: BuildingOf = (no) => all.get(no)!;
  await readRegisterRows(client, nos, of);
  await readProfiles(client, nos, day, of);
  await readReported(client, nos, of);
  await readSums(client, nos, today, of);
  await readUnearned(client, nos, day, of);
  await readExpired(client, nos, day, of);
  await readReleasedLines(client, nos, day, of);
  await readDifferingReleases(client, nos, day, of);
  await readWithdrawals(client, nos, day, of);
  await readPayments(client, nos, day, of);
  await readContracts(client, nos, day, of);
  await readRefunds(client, nos, day, of);
  await readTeaching(client, nos, day, of);
  await readLinks(client, nos, of);
  return all;
}

const NEWEST_TYPES = REGISTER_TYPES.filter((type) => !isAnnounced(type));

async function readRegisterRows(client: Db, nos: readonly number[], of: BuildingOf): Promise<void> {
  const add = (no: number, type: RegisterType, row: RegisterRow<RegisterType>) => {
    const registers: Partial<Record<RegisterType, RegisterRow<RegisterType>[]>> = of(no).registers;
    const list = registers[type] ?? [];
    registers[type] = list;
    list.push(row);
  };
  for (const entry of await readRegisters(client, nos, NEWEST_TYPES))
    add(entry.institutionNo, entry.type, rowOf(entry));
  for (const type of ANNOUNCED_TYPES) {
    const byKey = new Map<string, RegisterEntry<RegisterType>[]>();
    for (const entry of await readTellings<RegisterType>(client, nos, type)) {
      const key = `${entry.institutionNo} ${entry.key}`;
      byKey.set(key, [...(byKey.get(key) ?? []), entry]);
    }
    for (const list of byKey.values()) {
      const newest = list.pop()!;
      const before = list.map(rowOf);
      add(newest.institutionNo, type, before.length === 0 ? rowOf(newest) : { ...rowOf(newest), before });
    }
  }
  for (const no of nos) for (const list of Object.values(of(no).registers)) list.sort(ascending);
}

function rowOf({ at, source, id, data }: RegisterEntry<RegisterType>): RegisterRow<RegisterType> {
  return { at, source, id, data };
}

/** Ascending by day for each account. */
async function readReported(client: Db, nos: readonly number[], of: BuildingOf): Promise<void> {
  for (const { institutionNo, days } of await readReportedBalances(client, nos, REPORTED_MAX))
    of(institutionNo).reported.push(...days);
}

function ascending(a: { at: Us; source: string; id: string }, b: { at: Us; source: string; id: string }): number {
  return isNewer(a, b) ? 1 : -1;
}

async function readInstitutions(
  client: Db,
  nos: readonly number[],
  day: Day,
  earlier: EarlierRows['of'],
): Promise<Map<number, Building>> {
  const { rows } = await client.query<{
    no: number;
    id: string;
    event_count: number;
    newest_at: Us | null;
    oldest_at: Us | null;
    top: boolean;
  }>({
    name: 'risk_institutions',
    text: `select i.no, i.id, i.event_count, i.newest_at, i.oldest_at, r.institution_no is not null as top
             from institutions i left join county_ranks r on r.institution_no = i.no where i.no = any($1::int[])`,
    values: [nos],
  });
  return new Map(
    rows.map((row) => [
      row.no,
      {
        institutionId: row.id,
        day,
        earlier: (before: Day) => earlier(row.no, before),
        profile: null,
        profileEvents: [],
        registers: {},
        reported: [],
        balances: [],
        turnovers: [],
        tallies: [],
        unearnedFen: 0n,
        activeLearners: 0,
        unearnedOperatorFen: 0n,
        expiredUnearnedFen: 0n,
        expiredContracts: [],
        differingReleases: [],
        withdrawals: [],
        releasedLines: [],
        contracts: [],
        payments: [],
        refunds: [],
        lessons: [],
        deliveries: [],
        confirmations: [],
        links: [],
        countyTopShare: row.top,
        eventCount: row.event_count,
        newestAt: row.newest_at,
        firstAt: row.oldest_at,
      },
    ]),
  );
}

async function readProfiles(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const byNo = new Map<number, RegisterRow<'institution.upserted'>[]>();
  for (const entry of await readTellings(client, nos, 'institution.upserted')) {
    const list = byNo.get(entry.institutionNo) ?? [];
    list.push({ at: entry.at, source: entry.source, id: entry.id, data: entry.data });
    byNo.set(entry.institutionNo, list);
  }
  for (const [no, list] of byNo) {
    of(no).profile = mergeProfile(list);
    of(no).profileEvents = [...profileEventsSince(list, today - PROFILE_DAYS)];
  }
}
