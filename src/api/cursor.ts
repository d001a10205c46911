import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FeewardenError } from '../core/errors.js';

const CURSOR_CHARACTERS_MAX = 1_024;

/** Positions of a list: what the first row of the next page is compared with. */
export interface Cursors<P> {
  /** For the answer. */
  write(filters: object, position: P): string;
  /** From the request; null without one. Throws `bad_cursor` for anything that this list, with these filters, did not give out. */
  read(filters: object, cursor: string | undefined): P | null;
}

/**
 * A cursor carries the list's name and a fingerprint of the filters, so that it cannot be taken to another list or continued with
 * other filters. It is not secret and not signed: a position gives no right, every page is checked against the caller's scope.
 */
export function cursorsOf<S extends z.ZodType>(list: string, position: S): Cursors<z.output<S>> {
  const shape = z.tuple([z.literal(list), z.string(), position]);
  return {
    write: (filters, at) => Buffer.from(JSON.stringify([list, fingerprint(filters), at])).toString('base64url'),
    read: (filters, cursor) => {
      if (cursor === undefined) return null;
      const parsed = shape.safeParse(parse(cursor));
      if (!parsed.success || parsed.data[1] !== fingerprint(filters)) throw new FeewardenError('bad_cursor');
      return parsed.data[2] as z.output<S>;
    },
  };
}

function parse(cursor: string): unknown {
  if (cursor.length > CURSOR_CHARACTERS_MAX || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** Equal for equal filters, whatever the order in which they were given; the page size and the cursor itself are none. */
function fingerprint(filters: object): string {
  const told = Object.entries(filters)
    .filter(([name, value]) => value !== undefined && name !== 'limit' && name !== 'cursor')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 12);
}
