import { z } from 'zod';
import { bankRules, parseWith } from '../rules.js';

/** A column by its header, or by its place from 0. */
const column = z.union([z.string().min(1).max(200), z.int().min(0).max(999)]);
const wordList = z.array(z.string().min(1).max(50)).min(1).max(20);

const amounts = z.discriminatedUnion('style', [
  z.strictObject({ style: z.literal('signed'), positiveIs: z.enum(['credit', 'debit']).default('credit') }),
  z.strictObject({ style: z.literal('two_columns') }),
  z.strictObject({ style: z.literal('indicator'), credit: wordList, debit: wordList }),
]);

const columns = z.strictObject({
  account: column.optional(),
  currency: column.optional(),
  date: column,
  time: column.optional(),
  amount: column.optional(),
  credit: column.optional(),
  debit: column.optional(),
  indicator: column.optional(),
  balance: column.optional(),
  reference: column.optional(),
  endToEndId: column.optional(),
  instructionId: column.optional(),
  creditorRef: column.optional(),
  kind: column.optional(),
  text: column.optional(),
});

export const csvMapping = z
  .strictObject({
    encoding: z.enum(['utf-8', 'gb18030']).default('utf-8'),
    delimiter: z.string().length(1).default(','),
    quote: z.string().length(1).default('"'),
    /** Lines above the header, or above the first entry. */
    skipLines: z.int().min(0).max(1_000).default(0),
    hasHeader: z.boolean().default(true),
    /** Rows whose first cell begins so are no entries: totals, page ends. */
    ignoreRows: z.array(z.string().min(1).max(50)).max(50).default([]),
    /** Where no column tells them. */
    account: z.string().min(1).max(128).optional(),
    currency: z.string().length(3).default('CNY'),
    columns,
    amounts,
    decimal: z.enum(['.', ',']).default('.'),
    thousands: z.enum([',', '.', ' ', "'", '']).default(','),
    dates: z
      .array(
        z.enum(['YYYY-MM-DD', 'YYYY/MM/DD', 'YYYYMMDD', 'YYYY.MM.DD', 'YYYY年MM月DD日', 'DD.MM.YYYY', 'DD/MM/YYYY']),
      )
      .min(1)
      .default(['YYYY-MM-DD', 'YYYYMMDD', 'YYYY/MM/DD']),
    order: z.enum(['ascending', 'descending']).default('ascending'),
    rules: bankRules.optional(),
  })
  .superRefine((mapping, context) => {
    const need = (name: keyof typeof mapping.columns): void => {
      if (mapping.columns[name] === undefined)
        context.addIssue({
          code: 'custom',
          path: ['columns', name],
          message: `is needed for amounts of style ${mapping.amounts.style}`,
        });
    };
    if (mapping.amounts.style === 'two_columns') {
      need('credit');
      need('debit');
    } else need('amount');
    if (mapping.amounts.style === 'indicator') need('indicator');
    if (mapping.account === undefined && mapping.columns.account === undefined)
      context.addIssue({ code: 'custom', path: ['account'], message: 'is needed, here or as a column' });
    if (mapping.decimal === mapping.thousands)
      context.addIssue({ code: 'custom', path: ['thousands'], message: 'must not be the decimal sign' });
    const names = Object.values(mapping.columns).filter((one) => typeof one === 'string');
    if (!mapping.hasHeader && names.length > 0)
      context.addIssue({ code: 'custom', path: ['columns'], message: 'must be numbers, because there is no header' });
  });

export type CsvMapping = z.infer<typeof csvMapping>;
export type CsvColumn = keyof CsvMapping['columns'];

/** @throws FeewardenError bad_mapping, which names the place and what is allowed */
export function parseCsvMapping(text: string, label: string): CsvMapping {
  return parseWith(csvMapping, text, label);
}
