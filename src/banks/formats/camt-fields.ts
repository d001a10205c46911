import type { StatementKind } from '../statement.js';
import { amountOf, type CamtState, countOf, joinText } from './camt-state.js';

/** An element of which something is wanted. Everything that has no node is passed over unread. */
export interface Node {
  /** The same in every thread, because all make them in the same order. */
  readonly id: number;
  readonly children: Map<string, Node>;
  text: ((state: CamtState, text: string) => void) | null;
  open: ((state: CamtState) => void) | null;
  close: ((state: CamtState) => void) | null;
  /** Its attribute `Ccy` is wanted. */
  hasCurrency: boolean;
}

type Setter = (state: CamtState, text: string) => void;

/**
 * The messages by the name of their element. The first version wrote its number behind the name (`BkToCstmrStmtV01`); the
 * reader cuts it off. The account report, the statement and the notification hold the same parts under other names.
 */
export function camtMessages(): Map<string, Node> {
  const messages = new Map<string, Node>();
  for (const [name, kind] of MESSAGES) {
    const message = node();
    message.open = (state) => state.openMessage(kind);
    setText(message, 'GrpHdr/MsgId', (state, text) => {
      state.messageId = text;
    });
    setText(message, 'GrpHdr/CreDtTm', (state, text) => {
      state.messageCreatedAt = text;
    });
    setText(message, 'GrpHdr/MsgPgntn/PgNb', (state, text) => {
      state.messagePage = countOf(text) ?? 1;
    });
    for (const statement of STATEMENTS) message.children.set(statement, statementNode());
    messages.set(name, message);
  }
  return messages;
}

const MESSAGES: readonly (readonly [string, StatementKind])[] = [
  ['BkToCstmrAcctRpt', 'report'],
  ['BkToCstmrStmt', 'statement'],
  ['BkToCstmrDbtCdtNtfctn', 'notification'],
];
const STATEMENTS = ['Rpt', 'Stmt', 'Ntfctn'];

const NODES: Node[] = [];

export function node(): Node {
  const made = { id: NODES.length, children: new Map(), text: null, open: null, close: null, hasCurrency: false };
  NODES.push(made);
  return made;
}

export function nodeOf(id: number): Node {
  return NODES[id]!;
}

function at(root: Node, path: string): Node {
  let place = root;
  for (const name of path.split('/')) {
    let next = place.children.get(name);
    if (next === undefined) {
      next = node();
      place.children.set(name, next);
    }
    place = next;
  }
  return place;
}

function setText(root: Node, path: string, setter: Setter): void {
  at(root, path).text = setter;
}

function setAll(root: Node, fields: Readonly<Record<string, Setter>>): void {
  for (const [path, setter] of Object.entries(fields)) setText(root, path, setter);
}

function statementNode(): Node {
  const statement = node();
  statement.open = (state) => state.openStatement();
  statement.close = (state) => state.closeStatement();
  setAll(statement, HEAD_FIELDS);
  for (const pages of ['StmtPgntn', 'RptPgntn', 'NtfctnPgntn']) setAll(at(statement, pages), PAGE_FIELDS);
  setAll(at(statement, 'TxsSummry'), TOTAL_FIELDS);
  const balance = at(statement, 'Bal');
  balance.open = (state) => state.openBalance();
  balance.close = (state) => state.closeBalance();
  setAll(balance, BALANCE_FIELDS);
  at(balance, 'Amt').hasCurrency = true;
  const entry = at(statement, 'Ntry');
  entry.open = (state) => state.openEntry();
  entry.close = (state) => state.closeEntry();
  setAll(entry, ENTRY_FIELDS);
  at(entry, 'Amt').hasCurrency = true;
  // The first version had the details straight below the entry.
  for (const path of ['NtryDtls/TxDtls', 'TxDtls']) addDetail(at(entry, path));
  for (const path of ['NtryDtls/Btch/NbOfTxs', 'Btch/NbOfTxs']) {
    setText(entry, path, (state, text) => {
      state.entry.batchCount = (state.entry.batchCount ?? 0) + (countOf(text) ?? 0);
    });
  }
  return statement;
}

function addDetail(detail: Node): void {
  detail.open = (state) => state.openDetail();
  detail.close = (state) => state.closeDetail();
  setAll(detail, DETAIL_FIELDS);
  at(detail, 'Amt').hasCurrency = true;
  at(detail, 'AmtDtls/TxAmt/Amt').hasCurrency = true;
  at(detail, 'RtrInf').open = (state) => {
    state.detail.isReturn = true;
  };
  at(detail, 'RmtInf/Strd/GrnshmtRmt').open = (state) => {
    state.detail.isGarnishment = true;
  };
}

const HEAD_FIELDS: Readonly<Record<string, Setter>> = {
  Id: (state, text) => {
    state.statementId = text;
  },
  ElctrncSeqNb: (state, text) => {
    state.electronicSequence = text;
  },
  LglSeqNb: (state, text) => {
    state.legalSequence = text;
  },
  CreDtTm: (state, text) => {
    state.createdAt = text;
  },
  'FrToDt/FrDtTm': (state, text) => {
    state.from = text;
  },
  'FrToDt/ToDtTm': (state, text) => {
    state.to = text;
  },
  'FrToDt/FrDt': (state, text) => {
    state.from = text;
  },
  'FrToDt/ToDt': (state, text) => {
    state.to = text;
  },
  'Acct/Id/IBAN': (state, text) => {
    state.accountId = text.replaceAll(' ', '');
  },
  'Acct/Id/Othr/Id': (state, text) => {
    state.accountId ??= text;
  },
  'Acct/Id/PrtryAcct/Id': (state, text) => {
    state.accountId ??= text;
  },
  'Acct/Id/BBAN': (state, text) => {
    state.accountId ??= text;
  },
  'Acct/Ccy': (state, text) => {
    state.accountCurrency = text;
  },
};

const PAGE_FIELDS: Readonly<Record<string, Setter>> = {
  PgNb: (state, text) => {
    state.page = countOf(text);
  },
  LastPgInd: (state, text) => {
    state.isLastPage = isTrue(text);
  },
};

const TOTAL_FIELDS: Readonly<Record<string, Setter>> = {
  'TtlNtries/NbOfNtries': (state, text) => {
    state.totals.count = countOf(text);
  },
  'TtlNtries/Sum': (state, text) => {
    state.totals.sum = amountOf(text);
  },
  'TtlCdtNtries/NbOfNtries': (state, text) => {
    state.totals.creditCount = countOf(text);
  },
  'TtlCdtNtries/Sum': (state, text) => {
    state.totals.creditSum = amountOf(text);
  },
  'TtlDbtNtries/NbOfNtries': (state, text) => {
    state.totals.debitCount = countOf(text);
  },
  'TtlDbtNtries/Sum': (state, text) => {
    state.totals.debitSum = amountOf(text);
  },
};

const setBalanceCode: Setter = (state, text) => {
  state.balance.code = text;
};
const setBalanceAt: Setter = (state, text) => {
  state.balance.at = text;
};

const BALANCE_FIELDS: Readonly<Record<string, Setter>> = {
  'Tp/CdOrPrtry/Cd': setBalanceCode,
  'Tp/CdOrPrtry/Prtry': setBalanceCode,
  'Tp/Cd': setBalanceCode,
  'Tp/Prtry': setBalanceCode,
  Amt: (state, text) => {
    state.balance.amount = amountOf(text);
    state.balance.currency = state.currency;
  },
  CdtDbtInd: (state, text) => {
    state.balance.isCredit = direction(text);
  },
  // The standard has an element within; some write the day without it.
  Dt: setBalanceAt,
  'Dt/Dt': setBalanceAt,
  'Dt/DtTm': setBalanceAt,
};

const setStatus: Setter = (state, text) => {
  state.entry.status = text;
};
const setBookedAt: Setter = (state, text) => {
  state.entry.bookedAt = text;
};
const setValueAt: Setter = (state, text) => {
  state.entry.valueAt = text;
};

const ENTRY_FIELDS: Readonly<Record<string, Setter>> = {
  NtryRef: (state, text) => {
    state.entry.entryRef = text;
  },
  Amt: (state, text) => {
    state.entry.amount = amountOf(text);
    state.entry.currency = state.currency;
  },
  CdtDbtInd: (state, text) => {
    state.entry.isCredit = direction(text);
  },
  RvslInd: (state, text) => {
    state.entry.isReversal = isTrue(text);
  },
  Sts: setStatus,
  'Sts/Cd': setStatus,
  'Sts/Prtry': setStatus,
  BookgDt: setBookedAt,
  'BookgDt/Dt': setBookedAt,
  'BookgDt/DtTm': setBookedAt,
  ValDt: setValueAt,
  'ValDt/Dt': setValueAt,
  'ValDt/DtTm': setValueAt,
  AcctSvcrRef: (state, text) => {
    state.entry.bankRef = text;
  },
  'BkTxCd/Domn/Cd': (state, text) => {
    state.entry.domainCode = text;
  },
  'BkTxCd/Domn/Fmly/Cd': (state, text) => {
    state.entry.domainCode += `/${text}`;
  },
  'BkTxCd/Domn/Fmly/SubFmlyCd': (state, text) => {
    state.entry.domainCode += `/${text}`;
  },
  'BkTxCd/Prtry/Cd': (state, text) => {
    state.entry.bankCode = text;
  },
  AddtlNtryInf: (state, text) => {
    state.entry.text = joinText(state.entry.text, text);
  },
};

const addDetailText: Setter = (state, text) => {
  state.detail.text = joinText(state.detail.text, text);
};
const setCreditorRef: Setter = (state, text) => {
  state.detail.creditorRef = text;
};
const setDocumentNumber: Setter = (state, text) => {
  state.detail.documentNumber = text;
};

const DETAIL_FIELDS: Readonly<Record<string, Setter>> = {
  'Refs/AcctSvcrRef': (state, text) => {
    state.detail.bankRef = text;
  },
  'Refs/TxId': (state, text) => {
    state.detail.txId = text;
  },
  'Refs/InstrId': (state, text) => {
    state.detail.instructionId = text;
  },
  'Refs/EndToEndId': (state, text) => {
    state.detail.endToEndId = text;
  },
  'Refs/PmtInfId': (state, text) => {
    state.detail.paymentInfoId = text;
  },
  Amt: (state, text) => {
    state.detail.amount = amountOf(text);
    state.detail.currency = state.currency;
  },
  'AmtDtls/TxAmt/Amt': (state, text) => {
    state.detailTextAmount = amountOf(text);
    if (state.detail.currency === '') state.detail.currency = state.currency;
  },
  CdtDbtInd: (state, text) => {
    state.detail.isCredit = direction(text);
  },
  'BkTxCd/Domn/Cd': (state, text) => {
    state.detail.domainCode = text;
  },
  'BkTxCd/Domn/Fmly/Cd': (state, text) => {
    state.detail.domainCode += `/${text}`;
  },
  'BkTxCd/Domn/Fmly/SubFmlyCd': (state, text) => {
    state.detail.domainCode += `/${text}`;
  },
  'BkTxCd/Prtry/Cd': (state, text) => {
    state.detail.bankCode = text;
  },
  'Purp/Cd': (state, text) => {
    state.detail.purposeCode = text;
  },
  'Purp/Prtry': (state, text) => {
    state.detail.purposeText = text;
  },
  'RmtInf/Ustrd': addDetailText,
  'RmtInf/Strd/AddtlRmtInf': addDetailText,
  AddtlTxInf: addDetailText,
  'RmtInf/Strd/CdtrRefInf/Ref': setCreditorRef,
  'RmtInf/Strd/CdtrRefInf/CdtrRef': setCreditorRef,
  'RmtInf/Strd/RfrdDocInf/Nb': setDocumentNumber,
  'RmtInf/Strd/RfrdDocInf/RfrdDocNb': setDocumentNumber,
};

function direction(text: string): boolean | null {
  return text === 'CRDT' ? true : text === 'DBIT' ? false : null;
}

/** Some write it as their programming language does. */
function isTrue(text: string): boolean {
  return text === '1' || text.toLowerCase() === 'true';
}
