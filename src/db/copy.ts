import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Day, US_PER_DAY, type Us } from '../core/time.js';

/**
 * Rows in COPY's binary format, field by field, in one buffer: nothing is put into text, escaped and parsed again. Each row is
 * begun with the number of its fields; the fields that follow must have the types of the columns, in their order.
 */
export class CopyRows {
  private bytes: Buffer;
  private view: DataView;
  private at = SIGNATURE.length;
  private rows = 0;

  /** `bytesExpected`: room to begin with; it grows by itself. */
  constructor(bytesExpected = BYTES_DEFAULT) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(bytesExpected, BYTES_MIN));
    this.view = new DataView(this.bytes.buffer);
    SIGNATURE.copy(this.bytes);
  }

  get count(): number {
    return this.rows;
  }

  begin(fields: number): void {
    this.reserve(2);
    this.view.setInt16(this.at, fields);
    this.at += 2;
    this.rows += 1;
  }

  int2(value: number): void {
    this.field(2);
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  int4(value: number): void {
    this.field(4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  /** bigint; a safe integer. */
  int8(value: number): void {
    this.field(8);
    const high = Math.floor(value / WORD);
    this.view.setInt32(this.at, high);
    this.view.setUint32(this.at + 4, value - high * WORD);
    this.at += 8;
  }

  /** Any text but one with NUL. */
  text(value: string | null): void {
    if (value === null) {
      this.reserve(4);
      this.view.setInt32(this.at, NULL_LENGTH);
      this.at += 4;
      return;
    }
    this.reserve(4 + value.length * UTF8_BYTES_PER_UNIT_MAX);
    const length = this.bytes.write(value, this.at + 4, 'utf8');
    this.view.setInt32(this.at, length);
    this.at += 4 + length;
  }

  bytea(value: Buffer): void {
    this.field(value.length);
    value.copy(this.bytes, this.at);
    this.at += value.length;
  }

  timestamptz(value: Us): void {
    this.field(8);
    // In two halves: before 1715 the difference is no safe integer.
    const high = Math.floor(value / WORD);
    const low = value - high * WORD - US_TO_2000_LOW;
    this.view.setInt32(this.at, high - US_TO_2000_HIGH - (low < 0 ? 1 : 0));
    this.view.setUint32(this.at + 4, low < 0 ? low + WORD : low);
    this.at += 8;
  }

  date(value: Day): void {
    this.int4(value - DAYS_TO_2000);
  }

  /** Everything written, with its end mark. No row may follow. */
  finish(): Buffer {
    this.reserve(2);
    this.view.setInt16(this.at, END_OF_ROWS);
    return this.bytes.subarray(0, this.at + 2);
  }

  private field(length: number): void {
    this.reserve(4 + length);
    this.view.setInt32(this.at, length);
    this.at += 4;
  }

  private reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + length));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/**
 * Writes rows into `columns` of `table`; both are names of ours, never input. Several times as fast as an insert of arrays.
 * Constraints and statement triggers see all rows as one statement.
 */
export async function copyInto(client: pg.ClientBase, table: string, columns: string, rows: CopyRows): Promise<void> {
  if (rows.count === 0) return;
  const stream = client.query(copyFrom(`copy ${table} (${columns}) from stdin (format binary)`));
  const finished = once(stream, 'finish');
  stream.end(rows.finish());
  await finished;
}

/** Signature, no flags, no extension of the header. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END_OF_ROWS = -1;
const NULL_LENGTH = -1;
const WORD = 2 ** 32;
/** PostgreSQL counts times and days from 2000-01-01. */
const DAYS_TO_2000 = 10_957;
const US_TO_2000_HIGH = Math.floor((DAYS_TO_2000 * US_PER_DAY) / WORD);
const US_TO_2000_LOW = DAYS_TO_2000 * US_PER_DAY - US_TO_2000_HIGH * WORD;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const BYTES_MIN = 1_024;
const BYTES_DEFAULT = 64 * 1_024;
