import { closeSync, openSync, writeSync } from 'node:fs';

const ACCOUNTS = 100;
const WRITE_CHARS = 1_048_576;
const DAY = '2026-03-02';

/** One camt.053 document with a statement for each of 100 accounts, as banks fill them: references, codes, parties, remittance. */
export function writeCamt(path: string, entries: number): void {
  const file = openSync(path, 'w');
  let pending = `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>${DAY}T23:30:00+08:00</CreDtTm></GrpHdr>\n`;
  const perAccount = Math.ceil(entries / ACCOUNTS);
  for (let from = 0; from < entries; from += perAccount) {
    pending += `<Stmt><Id>S-${from}</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>${DAY}T23:30:00+08:00</CreDtTm><Acct><Id><Othr><Id>A-${from}</Id></Othr></Id><Ccy>CNY</Ccy><Svcr><FinInstnId><Othr><Id>104100000004</Id></Othr></FinInstnId></Svcr></Acct>\n`;
    for (let at = from; at < Math.min(entries, from + perAccount); at += 1) {
      pending += entry(at);
      if (pending.length < WRITE_CHARS) continue;
      writeSync(file, pending);
      pending = '';
    }
    pending += '</Stmt>\n';
  }
  writeSync(file, `${pending}</BkToCstmrStmt></Document>\n`);
  closeSync(file);
}

function entry(at: number): string {
  const amount = `${(at % 9_000) + 1}.${String(at % 100).padStart(2, '0')}`;
  const isCredit = at % 3 !== 0;
  return `<Ntry><NtryRef>${at}</NtryRef><Amt Ccy="CNY">${amount}</Amt><CdtDbtInd>${isCredit ? 'CRDT' : 'DBIT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${DAY}</Dt></BookgDt><ValDt><Dt>${DAY}</Dt></ValDt><AcctSvcrRef>R${String(at).padStart(12, '0')}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>P-${at}</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>付款人${at}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>课程费 ${at}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`;
}
