import { type Day, parseDay } from '../core/time.js';
import { eventTypeNumber } from '../events/list.js';
import { mergeProfile, type Profile } from '../ledger/profile.js';
import { isNewer, type StoredEvent } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { profileEventsSince } from '../risk/facts/profile.js';
import {
  isAnnounced,
  PROFILE_DAYS,
  REGISTER_TYPES,
  REPORTED_MAX,
  type RegisterRow,
  type Registers,
  type RegisterType,
  type ReportedBalance,
} from '../risk/facts/rows.js';
import { type ModelEntry, newestOf, standingEntries, tellings } from './books-rows.js';
import { PART } from './changed.js';
import { SortedRows } from './sorted-rows.js';

type Row = RegisterRow<RegisterType>;

/** Per type the newest standing event of each business key, kept up to date telling by telling. */
export class RegisterRows {
  private readonly types: readonly FollowedType[];
  /** Types without rows are absent. Always the same object. */
  private readonly rows: { [T in RegisterType]?: readonly RegisterRow<T>[] } = {};

  private seen = -1;

  constructor(private readonly books: InstitutionBooks) {
    this.types = REGISTER_TYPES.map((type) => new FollowedType(books, type));
  }

  get registers(): Registers {
    return this.rows;
  }

  /** Answers the parts that changed. */
  follow(): number {
    let changed = 0;
    if (this.books.tellingRevision === this.seen) return 0;
    this.seen = this.books.tellingRevision;
    for (const followed of this.types) {
      if (!followed.follow()) continue;
      changed |= PART.registers;
      const { rows } = followed.sorted;
      if (rows.length > 0) Object.assign(this.rows, { [followed.type]: rows });
      else delete this.rows[followed.type];
    }
    return changed;
  }
}

/** One type: new keys are added, anything else makes it be read again. */
class FollowedType {
  sorted = new SortedRows<Row>(isNewer);
  private readonly number: number;
  private readonly announced: boolean;
  private listsSeen = 0;
  private revisionsSeen = 0;

  constructor(
    private readonly books: InstitutionBooks,
    readonly type: RegisterType,
  ) {
    this.number = eventTypeNumber(type);
    this.announced = isAnnounced(type);
  }

  /** True when something changed. */
  follow(): boolean {
    const told = this.books.byType.get(this.number);
    if (told === undefined || (told.lists.length === this.listsSeen && told.revisions === this.revisionsSeen))
      return false;
    if (told.revisions !== this.revisionsSeen) {
      this.sorted = new SortedRows<Row>(isNewer);
      this.listsSeen = 0;
    }
    for (; this.listsSeen < told.lists.length; this.listsSeen += 1) this.add(told.lists[this.listsSeen]!);
    this.revisionsSeen = told.revisions;
    return true;
  }

  private add(list: readonly StoredEvent[]): void {
    if (this.announced && list.length > 1) {
      const entries = standingEntries<RegisterType>(this.books, list).sort((a, b) => (isNewer(a, b) ? 1 : -1));
      const newest = entries.pop();
      if (newest) this.sorted.insert(withBefore(rowOf(newest), entries));
      return;
    }
    const entry = newestOf<RegisterType>(this.books, list);
    if (entry) this.sorted.insert(rowOf(entry));
  }
}

function withBefore(row: Row, before: readonly ModelEntry<RegisterType>[]): Row {
  return before.length === 0 ? row : { ...row, before: before.map(rowOf) };
}

/** The merged profile, and the events that made it. */
export class ProfileRows {
  profile: Profile | null = null;
  private tellings: RegisterRow<'institution.upserted'>[] = [];
  private revisionsSeen = -1;
  private listsSeen = 0;
  private seen = -1;

  constructor(private readonly books: InstitutionBooks) {}

  /** Everything that is told of the profile has one business key, so that every telling but the first is a revision. */
  follow(): boolean {
    if (this.books.tellingRevision === this.seen) return false;
    this.seen = this.books.tellingRevision;
    const told = this.books.byType.get(PROFILE);
    if (told === undefined || (told.revisions === this.revisionsSeen && told.lists.length === this.listsSeen))
      return false;
    this.revisionsSeen = told.revisions;
    this.listsSeen = told.lists.length;
    this.tellings = tellings(this.books, 'institution.upserted')
      .map(rowOf)
      .sort((a, b) => (isNewer(a, b) ? 1 : -1));
    this.profile = mergeProfile(this.tellings);
    return true;
  }

  /** Of the last `PROFILE_DAYS`, and what held before. */
  events(today: Day): readonly RegisterRow<'institution.upserted'>[] {
    return profileEventsSince(this.tellings, today - PROFILE_DAYS);
  }
}

/** The newest end-of-day balances of every account that was ever registered. */
export class ReportedRows {
  private byAccount = new Map<string, SortedRows<ReportedBalance>>();
  rows: readonly ReportedBalance[] = [];
  private listsSeen = 0;
  private revisionsSeen = 0;
  private accountsSeen = 0;

  constructor(private readonly books: InstitutionBooks) {}

  /** True when a balance came or went; then `rows` has changed. */
  follow(): boolean {
    const told = this.books.byType.get(BALANCE);
    const accounts = this.books.byType.get(ACCOUNT_REGISTERED)?.lists ?? [];
    if (told === undefined) return false;
    if (
      told.lists.length === this.listsSeen &&
      told.revisions === this.revisionsSeen &&
      accounts.length === this.accountsSeen
    )
      return false;
    if (told.revisions !== this.revisionsSeen) {
      this.byAccount = new Map();
      this.listsSeen = 0;
    }
    for (; this.listsSeen < told.lists.length; this.listsSeen += 1) this.add(told.lists[this.listsSeen]!);
    this.revisionsSeen = told.revisions;
    this.accountsSeen = accounts.length;
    const lists = accounts.flatMap((list) => this.byAccount.get(list[0]!.key) ?? []);
    this.rows = lists.length === 1 ? lists[0]!.rows : lists.flatMap(({ rows }) => rows);
    return true;
  }

  private add(list: readonly StoredEvent[]): void {
    const entry = newestOf<'custody.balance_reported'>(this.books, list);
    if (entry?.data.kind !== 'end_of_day') return;
    const { accountId, asOf, bookedFen } = entry.data;
    let balances = this.byAccount.get(accountId);
    if (balances === undefined) {
      balances = new SortedRows<ReportedBalance>((a, b) => a.asOf > b.asOf);
      this.byAccount.set(accountId, balances);
    }
    balances.insert({ at: entry.at, source: entry.source, id: entry.id, accountId, asOf: parseDay(asOf)!, bookedFen });
    if (balances.rows.length > REPORTED_MAX) balances.rows.shift();
  }
}

const PROFILE = eventTypeNumber('institution.upserted');
const BALANCE = eventTypeNumber('custody.balance_reported');
const ACCOUNT_REGISTERED = eventTypeNumber('account.registered');

function rowOf<T extends RegisterType | 'institution.upserted'>(entry: ModelEntry<T>): RegisterRow<T> {
  return { at: entry.at, source: entry.source, id: entry.id, data: entry.data };
}
