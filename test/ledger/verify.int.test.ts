import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { toDbTime } from '../../src/db/pool.js';
import { businessKey, factAmounts } from '../../src/events/keys.js';
import { eventTypeNumber } from '../../src/events/list.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import { contract } from '../model/tell.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { historyLines, inputOf } from '../support/history.js';
import {
  BOOKS,
  book,
  changed,
  collect,
  columnsOf,
  eventIn,
  FAR,
  historyOfTwo,
  insertCopy,
  isEvent,
  lastOrdinal,
  movedAway,
  NEIGHBOUR,
  pickEvent,
  pickRow,
  poolOn,
  summary,
  TABLES,
  type Table,
  tamperingWith,
  VICTIM,
} from './tamper.js';

/**
 * Somebody with every right in the database changes one thing behind the program's back, with the triggers off. Each time the
 * difference must be named, and nothing else must be. Everything happens in one transaction that is rolled back.
 */
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await book(db.pool, historyOfTwo());
});
afterAll(() => db.drop());

function tampering(table: Table, body: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  return tamperingWith(db.pool, table, body);
}

it('finds nothing in the books of the sample history', async () => {
  const whole = await testDatabase();
  try {
    await book(
      whole.pool,
      historyLines().map((line, at) => inputOf(line, at + 1)),
    );
    expect(await collect(whole.pool)).toEqual([]);
    const told: [number, number][] = [];
    const onInstitution = (done: number, total: number): void => void told.push([done, total]);
    for await (const difference of verifyBooks(whole.pool, { calendar: CHINA_CALENDAR, onInstitution }))
      throw new Error(difference.key);
    expect(told.at(-1)).toEqual([24, 24]);
  } finally {
    await whole.drop();
  }
}, 180_000);

it('finds nothing before anybody has touched a row, in tables that all hold some', async () => {
  expect(await collect(db.pool)).toEqual([]);
  for (const table of TABLES) {
    const { rows } = await db.pool.query<{ n: number }>(`select count(*) as n from ${table}`);
    expect(rows[0]!.n, table).toBeGreaterThan(1);
  }
});

it('finds nothing when fields that the contract does not know came in another order than that of their names', async () => {
  const other = await testDatabase();
  const later = { z: 1, a: { y: 2, b: 3 } };
  const sent = [
    { ...(contract('C-1').data as object), ...later },
    { instructionId: 'N-1', accountId: 'A-1', lines: [{ contractId: 'C-1', amountFen: 1, ...later }], ...later },
  ];
  try {
    await book(
      other.pool,
      (['contract.signed', 'release.instructed'] as const).map((type, at) => {
        const event = { specversion: '1.0', id: type, source: '/s', type: `prepaid.${type}.v1`, subject: 'X-370702-9' };
        return inputOf(JSON.stringify({ ...event, time: '2026-03-02T12:00:00+08:00', data: sent[at] }), at + 1);
      }),
    );
    expect(await collect(other.pool)).toEqual([]);
  } finally {
    await other.drop();
  }
});

describe.each([...BOOKS, 'entries'] as const)('a row of %s', (table) => {
  it('is named with its key when any one of its values was changed', async () => {
    for (const column of await columnsOf(db.pool, table)) {
      await tampering(table, async (client) => {
        const row = await pickRow(client, table, column.name);
        await client.query(`update ${table} set ${column.name} = ${changed(column)} where ctid = '${row.ctid}'`);
        const found = await collect(poolOn(client));
        if (column.isKey) expect(summary(found), column.name).toEqual(movedAway(table, row, column.name));
        else expect(summary(found), column.name).toEqual([`${VICTIM} ${table} ${row.key} changed`]);
        for (const { expected: wanted, found: got } of found) expect(wanted).not.toEqual(got);
      });
    }
  });

  it('is named when it was deleted', async () => {
    await tampering(table, async (client) => {
      const row = await pickRow(client, table);
      await client.query(`delete from ${table} where ctid = '${row.ctid}'`);
      expect(summary(await collect(poolOn(client)))).toEqual([`${VICTIM} ${table} ${row.key} missing`]);
    });
  });

  it('is named when it was added, also one of an institution or event that does not exist', async () => {
    const key = (await columnsOf(db.pool, table)).filter((column) => column.isKey);
    const last = key.at(-1)!;
    await tampering(table, async (client) => {
      const row = await pickRow(client, table);
      await insertCopy(client, table, row, { [last.name]: changed(last) });
      const found = await collect(poolOn(client));
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ institutionId: VICTIM, table, problem: 'added', expected: null });
    });
    await tampering(table, async (client) => {
      const row = await pickRow(client, table);
      const nowhere = table === 'entries' ? { event_seq: `event_seq + ${FAR}` } : { institution_no: String(FAR) };
      await insertCopy(client, table, row, nowhere);
      const found = await collect(poolOn(client));
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ institutionId: null, table, problem: 'added' });
    });
  });
});

describe('an event', () => {
  it('is named when any one of its columns was changed', async () => {
    // What the body repeats, one by one; the body itself, the order and the time of receipt have tests of their own.
    for (const name of ['source', 'id', 'type', 'key', 'amounts', 'at', 'recorded_at', 'content_hash']) {
      const column = (await columnsOf(db.pool, 'events')).find((one) => one.name === name)!;
      await tampering('events', async (client) => {
        const { ordinal } = await pickEvent(client);
        await client.query(`update events set ${name} = ${changed(column)} where ${isEvent(ordinal)}`);
        expect(summary(await collect(poolOn(client))), name).toEqual([`${VICTIM} events ordinal ${ordinal} changed`]);
      });
    }
  });

  it('is named when a digit, a space or a brace of its body was changed', async () => {
    const digit = `regexp_replace(body, '"amountFen":\\d+', '"amountFen":12345')`;
    for (const body of [digit, `body || ' '`, `left(body, -1)`]) {
      await tampering('events', async (client) => {
        const { ordinal } = await pickEvent(client);
        await client.query(`update events set body = ${body} where ${isEvent(ordinal)}`);
        const found = summary(await collect(poolOn(client)));
        expect(found, body).toContain(`${VICTIM} events ordinal ${ordinal} changed`);
        expect(found, body).toContain(`${VICTIM} institutions chain changed`);
        expect(found.every((line) => line.startsWith(VICTIM))).toBe(true);
      });
    }
  });

  it('breaks the chain when its body and all its columns were rewritten to fit each other', async () => {
    await tampering('events', async (client) => {
      const { ordinal, body } = await pickEvent(client);
      const forged = body.replace(/"amountFen":\d+/, '"amountFen":1');
      const event = eventIn(forged);
      await client.query(`update events set body = $1, content_hash = $2, amounts = $3 where ${isEvent(ordinal)}`, [
        event.body,
        event.contentHash,
        factAmounts(event),
      ]);
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} institutions chain changed`);
      expect(found.some((line) => line.startsWith(`${VICTIM} entries `))).toBe(true);
    });
  });

  it('breaks the chain when the time of its receipt was changed by a microsecond', async () => {
    await tampering('events', async (client) => {
      const { ordinal } = await pickEvent(client);
      await client.query(
        `update events set received_at = received_at + interval '1 microsecond' where ${isEvent(ordinal)}`,
      );
      expect(summary(await collect(poolOn(client)))).toEqual([`${VICTIM} institutions chain changed`]);
    });
  });

  it('is named when it was deleted in the middle', async () => {
    await tampering('events', async (client) => {
      const { ordinal, seq } = await pickEvent(client);
      await client.query(`delete from events where ${isEvent(ordinal)}`);
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} events ordinal ${ordinal} missing`);
      expect(found).toContain(`${VICTIM} institutions chain changed`);
      expect(found).toContain(`null entries event ${seq} line 1 added`);
    });
  });

  it('is missed by the count and the chain when the last one was deleted', async () => {
    await tampering('events', async (client) => {
      await client.query(`delete from events where ${isEvent(await lastOrdinal(client))}`);
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} institutions event_count changed`);
      expect(found).toContain(`${VICTIM} institutions chain changed`);
    });
  });

  it('is noticed when it was added at the end, however well it is forged', async () => {
    await tampering('events', async (client) => {
      const { body } = await pickEvent(client);
      const last = await lastOrdinal(client);
      const parsed = JSON.parse(body) as { id: string; data: Record<string, unknown> };
      const forged = eventIn(
        JSON.stringify({ ...parsed, id: 'forged', data: { ...parsed.data, paymentId: 'forged' } }),
      );
      await client.query(
        `insert into events select 999999999, i.no, $2, $3, $4, $5, $6, $7, $8, $9, now(), $10, $11 from institutions i where i.id = $1`,
        [
          VICTIM,
          last + 1,
          forged.source,
          forged.id,
          eventTypeNumber(forged.type),
          businessKey(forged),
          factAmounts(forged),
          toDbTime(forged.at),
          toDbTime(forged.recordedAt),
          forged.contentHash,
          forged.body,
        ],
      );
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} institutions event_count changed`);
      expect(found).toContain(`${VICTIM} institutions chain changed`);
      expect(found).toContain(`${VICTIM} payments ["forged"] missing`);
    });
  });

  it('is named when a copy was put beside it', async () => {
    await tampering('events', async (client) => {
      const { ordinal, ctid } = await pickEvent(client);
      await insertCopy(client, 'events', { ctid }, { seq: '999999999', id: `'copied'` });
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} events ordinal ${ordinal} added`);
      expect(found).toContain(`${VICTIM} institutions chain changed`);
    });
  });

  it('is named when it was given to another place, institution or number', async () => {
    await tampering('events', async (client) => {
      const { ordinal } = await pickEvent(client);
      await client.query(`update events set ordinal = ordinal + 1 where ${isEvent(ordinal)}`);
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} events ordinal ${ordinal} missing`);
      expect(found).toContain(`${VICTIM} events ordinal ${ordinal + 1} added`);
    });
    await tampering('events', async (client) => {
      const { ordinal } = await pickEvent(client);
      await client.query(
        `update events set institution_no = (select no from institutions where id = $1) where ${isEvent(ordinal)}`,
        [NEIGHBOUR],
      );
      const found = summary(await collect(poolOn(client)));
      expect(found).toContain(`${VICTIM} events ordinal ${ordinal} missing`);
      expect(found).toContain(`${NEIGHBOUR} events ordinal ${ordinal} added`);
    });
    await tampering('events', async (client) => {
      const { ordinal, seq } = await pickEvent(client);
      await client.query(`update events set seq = 999999999 where ${isEvent(ordinal)}`);
      expect(summary(await collect(poolOn(client)))).toContain(`null entries event ${seq} line 1 added`);
    });
    // An event without a journal has no entries that would miss its number.
    await tampering('events', async (client) => {
      await client.query('update events set seq = seq + 5000 where type = $1', [eventTypeNumber('complaint.received')]);
      const found = summary(await collect(poolOn(client)));
      expect(found).not.toEqual([]);
      for (const one of found) expect(one).toMatch(/^null events numbers from \d+ changed$/);
    });
    await tampering('events', async (client) => {
      const { ordinal } = await pickEvent(client);
      await client.query(`update events set institution_no = 999999 where ${isEvent(ordinal)}`);
      expect(summary(await collect(poolOn(client)))).toContain('null events institution no. 999999 added');
    });
  });
});

describe('an institution', () => {
  it('is named with the one value that was changed', async () => {
    for (const name of ['event_count', 'chain', 'newest_at', 'oldest_at']) {
      const column = (await columnsOf(db.pool, 'institutions')).find((one) => one.name === name)!;
      await tampering('institutions', async (client) => {
        await client.query(`update institutions set ${name} = ${changed(column)} where id = $1`, [VICTIM]);
        expect(summary(await collect(poolOn(client)))).toEqual([`${VICTIM} institutions ${name} changed`]);
      });
    }
  });

  it('leaves its events behind when it was deleted, renamed or given another number', async () => {
    for (const tamper of [
      `delete from institutions where id = $1`,
      `update institutions set no = 999998 where id = $1`,
    ]) {
      await tampering('institutions', async (client) => {
        await client.query(`alter table institutions alter column no drop identity`);
        await client.query(tamper, [VICTIM]);
        const found = (await collect(poolOn(client)))
          .filter((one) => one.institutionId === null)
          .map((one) => one.table);
        expect(found.sort()).toEqual(['events', ...BOOKS].sort());
      });
    }
    await tampering('institutions', async (client) => {
      await client.query(`update institutions set id = 'X-370700-1' where id = $1`, [VICTIM]);
      expect(summary(await collect(poolOn(client)))).toContain('X-370700-1 events ordinal 1 changed');
    });
  });

  it('is named when it was added and claims to have events', async () => {
    await tampering('institutions', async (client) => {
      await client.query(`insert into institutions (id, event_count) values ('X-370700-1', 1)`);
      expect(summary(await collect(poolOn(client)))).toEqual(['X-370700-1 institutions event_count changed']);
    });
  });
});
