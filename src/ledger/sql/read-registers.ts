import type pg from 'pg';
import type { EventData, EventType } from '../../events/event.js';
import { eventTypeNumber, eventTypeOf } from '../../events/list.js';
import type { Told } from '../rows.js';
import { isStanding, newestFirst, oldestFirst } from '../telling-sql.js';

/** The newest telling about one thing that no reversal names. */
export interface RegisterEntry<T extends EventType = EventType> extends Told {
  readonly institutionNo: number;
  readonly type: T;
  readonly key: string;
  readonly data: EventData[T];
}

const NOT_REVERSED = isStanding('e');
const NEWEST_FIRST = newestFirst('e');

/** Registers are the events themselves: per institution, type and key the newest that stands. */
export async function readRegisters<T extends EventType>(
  client: pg.ClientBase | pg.Pool,
  nos: readonly number[],
  types: readonly T[],
): Promise<RegisterEntry<T>[]> {
  return read<T>(
    client,
    'read_registers',
    `select distinct on (e.institution_no, e.type, e.key) ${COLUMNS} from events e
     where e.institution_no = any($1::int[]) and e.type = any($2::smallint[]) and ${NOT_REVERSED}
     order by e.institution_no, e.type, e.key, ${NEWEST_FIRST}`,
    [nos, types.map(eventTypeNumber)],
  );
}

/** Every telling that stands, oldest first: for registers that merge field by field. */
export async function readTellings<T extends EventType>(
  client: pg.ClientBase | pg.Pool,
  nos: readonly number[],
  type: T,
): Promise<RegisterEntry<T>[]> {
  return read<T>(
    client,
    'read_tellings',
    `select ${COLUMNS} from events e
     where e.institution_no = any($1::int[]) and e.type = $2::smallint and ${NOT_REVERSED}
     order by e.institution_no, ${oldestFirst('e')}`,
    [nos, eventTypeNumber(type)],
  );
}

/** The newest `limit` end-of-day balances of each account that the institutions registered, newest day first. */
export async function readEndOfDayBalances(
  client: pg.ClientBase | pg.Pool,
  nos: readonly number[],
  limit: number,
): Promise<RegisterEntry<'custody.balance_reported'>[]> {
  const balance = eventTypeNumber('custody.balance_reported');
  const registered = eventTypeNumber('account.registered');
  return read<'custody.balance_reported'>(
    client,
    'read_end_of_day_balances',
    `select b.* from
     (select distinct institution_no, key as account_id from events where institution_no = any($1::int[]) and type = ${registered}) a
     cross join lateral (
       select distinct on (e.key) ${COLUMNS} from events e
        where e.institution_no = a.institution_no and e.type = ${balance}
          and e.key >= a.account_id || chr(31) || 'e' || chr(31) and e.key < a.account_id || chr(31) || 'f' and ${NOT_REVERSED}
        order by e.key desc, ${NEWEST_FIRST} limit $2) b`,
    [nos, limit],
  );
}

const COLUMNS = 'e.institution_no, e.type, e.key, e.at, e.source, e.id, e.body';

interface Columns {
  institution_no: number;
  type: number;
  key: string;
  at: number;
  source: string;
  id: string;
  body: string;
}

async function read<T extends EventType>(
  client: pg.ClientBase | pg.Pool,
  name: string,
  text: string,
  values: unknown[],
): Promise<RegisterEntry<T>[]> {
  const { rows } = await client.query<Columns>({ name, text, values });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    type: eventTypeOf(row.type) as T,
    key: row.key,
    at: row.at,
    source: row.source,
    id: row.id,
    data: (JSON.parse(row.body) as { data: EventData[T] }).data,
  }));
}
