import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import { z } from 'zod';
import type { $ZodType } from 'zod/v4/core';

/**
 * JSON in which a bigint is an integer literal, however long: sums of money are never rounded on their way out. Properties that
 * are undefined are left out, as in JSON.stringify. The value must be a tree.
 */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  let text = '';
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${jsonText(member)}`;
  }
  return `{${text}}`;
}

/**
 * An answer is checked against its schema before it leaves: what the schema does not name is left out, and what contradicts it is a
 * fault of ours and becomes an error 500, never a wrong answer.
 */
export const serializerCompiler: FastifySerializerCompiler<$ZodType> =
  ({ schema, method, url }) =>
  (data) => {
    const result = z.safeParse(schema, data);
    if (result.success) return jsonText(result.data);
    throw new Error(`the answer to ${method} ${url} does not fit its schema: ${result.error.message}`);
  };
