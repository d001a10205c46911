import { z } from 'zod';
import { FeewardenError } from '../core/errors.js';
import { repeatedKeys } from '../core/json-text.js';
import { DEBIT_PURPOSES, type DebitPurpose } from '../events/custody.js';
import type { BankEntry, EntryDetail } from './statement.js';

/** Where a rule may look. The detail's value counts, and where it has none the entry's. */
export const RULE_FIELDS = [
  'domainCode',
  'bankCode',
  'purposeCode',
  'purposeText',
  'endToEndId',
  'instructionId',
  'txId',
  'paymentInfoId',
  'creditorRef',
  'documentNumber',
  'bankRef',
  'text',
] as const;
export type RuleField = (typeof RULE_FIELDS)[number];

const words = z.array(z.string().min(1).max(200)).min(1).max(200);
const purposeRule = z.strictObject({
  purpose: z.enum(DEBIT_PURPOSES),
  field: z.enum(RULE_FIELDS),
  equals: words.optional(),
  startsWith: words.optional(),
  contains: words.optional(),
});
const referenceRule = z.strictObject({
  field: z.enum(RULE_FIELDS),
  /** The reference is what stands behind this text, as far as letters, digits and -_./ go. */
  after: z.string().min(1).max(100).optional(),
  startsWith: z.string().min(1).max(100).optional(),
});
const referenceRules = z.array(referenceRule).max(20);

/** What a bank means by its own words. No patterns: plain texts are compared, so no input can make it slow. */
export const bankRules = z.strictObject({
  purposes: z.array(purposeRule).max(200).optional(),
  paymentIds: referenceRules.optional(),
  refundId: referenceRules.optional(),
  instructionId: referenceRules.optional(),
});
export type BankRules = z.infer<typeof bankRules>;
type ReferenceRule = z.infer<typeof referenceRule>;

const rulesFile = z.record(z.string().min(1).max(64), bankRules);
export type RulesByBank = Readonly<Record<string, BankRules>>;

/** JSON text of `{ "<bank code>": { … } }`. @throws FeewardenError bad_mapping, which names the place */
export function parseRules(text: string, label: string): RulesByBank {
  return parseWith(rulesFile, text, label);
}

/** @throws FeewardenError bad_mapping: no JSON, a key twice in one object, or not what the schema allows */
export function parseWith<T>(schema: z.ZodType<T>, text: string, label: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FeewardenError('bad_mapping', `${label} is not valid JSON.`);
  }
  // The rules of a bank that stands twice would be lost without a word.
  const [repeated] = repeatedKeys(text);
  if (repeated !== undefined)
    throw new FeewardenError('bad_mapping', `${label}: ${repeated}: this key stands more than once in its object.`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new FeewardenError('bad_mapping', `${label}: ${issue.path.join('.') || 'the whole'}: ${issue.message}.`);
}

/** Why money left. The file's own structure first, then the bank's rules, then `other`. */
export function purposeOf(entry: BankEntry, detail: EntryDetail | null, rules: BankRules | undefined): DebitPurpose {
  return structuredPurpose(entry, detail) ?? mappedPurpose(entry, detail, rules) ?? 'other';
}

/** The first rule that finds something; null when none does. */
export function referenceOf(
  entry: BankEntry,
  detail: EntryDetail | null,
  rules: readonly ReferenceRule[],
): string | null {
  for (const rule of rules) {
    const found = referenceBy(rule, fieldOf(entry, detail, rule.field));
    if (found !== null) return found;
  }
  return null;
}

/**
 * Our defaults. A creditor's reference is by its definition the reference of the one who is paid; the end-to-end id is that of the
 * one who pays, which for a debit is the platform's.
 */
export const DEFAULT_REFERENCES = {
  paymentIds: [{ field: 'creditorRef' }, { field: 'documentNumber' }, { field: 'endToEndId' }],
  refundId: [{ field: 'endToEndId' }, { field: 'creditorRef' }, { field: 'instructionId' }],
  instructionId: [{ field: 'instructionId' }, { field: 'endToEndId' }, { field: 'paymentInfoId' }],
} as const satisfies Record<'paymentIds' | 'refundId' | 'instructionId', readonly ReferenceRule[]>;

/** What banks write where they have nothing to say (ISO 20022 prescribes NOTPROVIDED). */
export function isNoReference(text: string): boolean {
  return text === '' || NO_REFERENCES.has(text.toUpperCase());
}
const NO_REFERENCES = new Set([
  'NOTPROVIDED',
  'NOT PROVIDED',
  'NOTAVAILABLE',
  'NONREF',
  'NOREF',
  'NONE',
  'N/A',
  'NA',
  'UNKNOWN',
  '-',
  '0',
]);

export function fieldOf(entry: BankEntry, detail: EntryDetail | null, field: RuleField): string {
  if (field === 'text')
    return detail === null || detail.text === '' ? entry.text : `${detail.text} ${entry.text}`.trim();
  const own = detail?.[field] ?? '';
  if (own !== '') return own;
  return field === 'domainCode' || field === 'bankCode' || field === 'bankRef' ? entry[field] : '';
}

/** ISO 20022: sub-families that are charges whatever the family, and purposes of the external code list. */
const FEE_SUBFAMILIES = new Set(['CHRG', 'FEES', 'COMM', 'COME', 'COMI', 'COMT', 'ADJT']);
const PURPOSE_CODES: ReadonlyMap<string, DebitPurpose> = new Map([
  ['REFU', 'refund'],
  ['PENO', 'court'],
  ['BKFE', 'fee'],
  ['BKFM', 'fee'],
  ['CBCR', 'fee'],
]);

function structuredPurpose(entry: BankEntry, detail: EntryDetail | null): DebitPurpose | null {
  if (detail?.isGarnishment) return 'court';
  const coded = PURPOSE_CODES.get(detail?.purposeCode ?? '');
  if (coded) return coded;
  for (const word of [detail?.purposeText ?? '', fieldOf(entry, detail, 'bankCode')]) {
    const same = DEBIT_PURPOSES.find((purpose) => purpose === word.toLowerCase());
    if (same) return same;
  }
  return FEE_SUBFAMILIES.has(fieldOf(entry, detail, 'domainCode').split('/')[2] ?? '') ? 'fee' : null;
}

function mappedPurpose(
  entry: BankEntry,
  detail: EntryDetail | null,
  rules: BankRules | undefined,
): DebitPurpose | null {
  for (const rule of rules?.purposes ?? []) {
    const value = fieldOf(entry, detail, rule.field);
    if (value === '') continue;
    const fits =
      (rule.equals?.includes(value) ?? true) &&
      (rule.startsWith?.some((start) => value.startsWith(start)) ?? true) &&
      (rule.contains?.some((part) => value.includes(part)) ?? true);
    if (fits) return rule.purpose;
  }
  return null;
}

function referenceBy(rule: ReferenceRule, value: string): string | null {
  let text = value;
  if (rule.after !== undefined) {
    const place = value.indexOf(rule.after);
    if (place === -1) return null;
    text =
      /^\s*([A-Za-z0-9_./-]{1,128})/.exec(
        value.slice(place + rule.after.length, place + rule.after.length + 200),
      )?.[1] ?? '';
  } else if (rule.field === 'text') return null;
  if (isNoReference(text) || text.length > 128 || !/^[\x20-\x7e]+$/.test(text)) return null;
  return rule.startsWith === undefined || text.startsWith(rule.startsWith) ? text : null;
}
