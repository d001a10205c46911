import { readCamt } from '../../src/banks/formats/camt.js';
import type { BankEntry, StatementItem } from '../../src/banks/statement.js';
import { type StatementSurvey, surveyStatements } from '../../src/banks/survey.js';
import { FeewardenError } from '../../src/core/errors.js';

export async function itemsOf(xml: string | Buffer, chunkBytes = 1_000_000): Promise<StatementItem[]> {
  const items: StatementItem[] = [];
  for await (const some of readCamt(chunksOf(Buffer.from(xml as string), chunkBytes))) items.push(...some);
  return items;
}

export async function entriesOf(xml: string | Buffer): Promise<BankEntry[]> {
  return (await itemsOf(xml)).flatMap((item) => (item.what === 'entry' ? [item.entry] : []));
}

export function surveysOf(xml: string | Buffer): Promise<StatementSurvey[]> {
  return surveyStatements(readCamt([Buffer.from(xml as string)]));
}

/** Code and message with which the whole file is refused. */
export async function refusalOf(
  bytes: string | Buffer | AsyncIterable<Buffer>,
): Promise<{ code: string; message: string }> {
  const chunks = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [Buffer.from(bytes as string)] : bytes;
  try {
    for await (const some of readCamt(chunks)) void some;
  } catch (error) {
    if (error instanceof FeewardenError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

export interface XmlEntry {
  amount?: string;
  currency?: string;
  direction?: string;
  status?: string | null;
  bookedOn?: string | null;
  bankRef?: string;
  entryRef?: string;
  reversal?: boolean;
  code?: string;
  /** XML behind the rest. */
  more?: string;
  details?: string;
}

export function entryXml(given: XmlEntry = {}, version = 8): string {
  const { amount = '100.00', currency = 'CNY', direction = 'CRDT', status = 'BOOK', bookedOn = '2026-03-02' } = given;
  const told = status === null ? '' : version >= 8 ? `<Sts><Cd>${status}</Cd></Sts>` : `<Sts>${status}</Sts>`;
  return [
    '<Ntry>',
    given.entryRef === undefined ? '' : `<NtryRef>${given.entryRef}</NtryRef>`,
    `<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>`,
    given.reversal ? '<RvslInd>true</RvslInd>' : '',
    told,
    bookedOn === null ? '' : `<BookgDt><Dt>${bookedOn}</Dt></BookgDt>`,
    given.bankRef === undefined ? '' : `<AcctSvcrRef>${given.bankRef}</AcctSvcrRef>`,
    `<BkTxCd><Prtry><Cd>${given.code ?? 'TRF'}</Cd></Prtry></BkTxCd>`,
    given.details === undefined ? '' : `<NtryDtls>${given.details}</NtryDtls>`,
    given.more ?? '',
    '</Ntry>',
  ].join('');
}

export interface XmlStatement {
  kind?: '052' | '053' | '054';
  version?: number;
  id?: string;
  sequence?: string;
  account?: string;
  created?: string | null;
  /** [code, amount, day or time] */
  balances?: readonly (readonly [string, string, string])[];
  entries?: readonly (XmlEntry | string)[];
  more?: string;
  currency?: string;
}

const NAMES = {
  '052': ['BkToCstmrAcctRpt', 'Rpt'],
  '053': ['BkToCstmrStmt', 'Stmt'],
  '054': ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
} as const;

export function statementXml(given: XmlStatement = {}): string {
  const { kind = '053', version = 8, id = 'S-1', account = 'A-10001', created = '2026-03-02T23:30:00+08:00' } = given;
  const [, element] = NAMES[kind];
  const balances = (given.balances ?? []).map(([code, amount, at]) => {
    const isDebit = amount.startsWith('-');
    const date = at.length > 10 ? `<DtTm>${at}</DtTm>` : `<Dt>${at}</Dt>`;
    const type = version === 1 ? `<Cd>${code}</Cd>` : `<CdOrPrtry><Cd>${code}</Cd></CdOrPrtry>`;
    return `<Bal><Tp>${type}</Tp><Amt Ccy="${given.currency ?? 'CNY'}">${amount.replace('-', '')}</Amt><CdtDbtInd>${isDebit ? 'DBIT' : 'CRDT'}</CdtDbtInd><Dt>${date}</Dt></Bal>`;
  });
  return [
    `<${element}><Id>${id}</Id>`,
    given.sequence === undefined ? '' : `<ElctrncSeqNb>${given.sequence}</ElctrncSeqNb>`,
    created === null ? '' : `<CreDtTm>${created}</CreDtTm>`,
    `<Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>${given.currency ?? 'CNY'}</Ccy></Acct>`,
    ...balances,
    given.more ?? '',
    ...(given.entries ?? []).map((entry) => (typeof entry === 'string' ? entry : entryXml(entry, version))),
    `</${element}>`,
  ].join('');
}

export interface XmlDocument {
  kind?: '052' | '053' | '054';
  version?: number;
  namespace?: boolean;
  prefix?: string;
  statements?: readonly XmlStatement[];
  encoding?: string;
}

export function documentXml({
  kind = '053',
  version = 8,
  namespace = true,
  prefix = '',
  statements = [{}],
  encoding = 'UTF-8',
}: XmlDocument = {}): string {
  const message = `${NAMES[kind][0]}${version === 1 ? 'V01' : ''}`;
  const uri = `urn:iso:std:iso:20022:tech:xsd:camt.${kind}.001.${String(version).padStart(2, '0')}`;
  const attribute = namespace ? (prefix ? ` xmlns:${prefix}="${uri}"` : ` xmlns="${uri}"`) : '';
  const body = `<Document${attribute}><${message}><GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-02T23:30:00+08:00</CreDtTm></GrpHdr>${statements
    .map((statement) => statementXml({ kind, version, ...statement }))
    .join('\n')}</${message}></Document>`;
  const prefixed = prefix ? body.replaceAll(/<(\/?)(?=[A-Za-z])/g, `<$1${prefix}:`) : body;
  return `<?xml version="1.0" encoding="${encoding}"?>\n${prefixed}\n`;
}

/** One transaction of a batch. */
export function detailXml(amount: string, refs: Record<string, string> = {}, more = '', currency = 'CNY'): string {
  const told = Object.entries(refs).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<TxDtls><Refs>${told.join('')}</Refs><Amt Ccy="${currency}">${amount}</Amt>${more}</TxDtls>`;
}
