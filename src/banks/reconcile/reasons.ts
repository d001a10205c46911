import { type Fen, formatYuan } from '../../core/money.js';
import { type Day, formatDay } from '../../core/time.js';
import type { Item, Relation } from './facts.js';

export interface Reason {
  readonly zh: string;
  readonly en: string;
}

const TOLD: Readonly<Record<Relation, Reason>> = {
  credit: { zh: '付款', en: 'Payment' },
  release: { zh: '划拨指令', en: 'Release instruction' },
  refund: { zh: '退费', en: 'Refund' },
};
const BOOKED: Readonly<Record<Relation, Reason>> = {
  credit: { zh: '银行入账', en: 'bank credit' },
  release: { zh: '银行划拨', en: 'bank release' },
  refund: { zh: '银行退费', en: 'bank refund' },
};

export function notBooked(relation: Relation, item: Item, proven: boolean): Reason {
  return {
    zh: `${TOLD[relation].zh} ${shown(item)}（${formatDay(item.day)}，${yuan(item.amountFen)}）没有对应的${BOOKED[relation].zh}${proven ? '，但银行余额已包含这笔' : ''}`,
    en: `${TOLD[relation].en} ${shown(item)} of ${formatDay(item.day)}, ${yuan(item.amountFen)}, has no ${BOOKED[relation].en}${proven ? ', though the bank’s balance includes it' : ''}`,
  };
}

export function notTold(relation: Relation, item: Item): Reason {
  return {
    zh: `${BOOKED[relation].zh} ${shown(item)}（${formatDay(item.day)}，${yuan(item.amountFen)}）没有对应的${TOLD[relation].zh}`,
    en: `The ${BOOKED[relation].en} ${shown(item)} of ${formatDay(item.day)}, ${yuan(item.amountFen)}, has no ${TOLD[relation].en.toLowerCase()}`,
  };
}

export function repeats(relation: Relation, item: Item, of: Item): Reason {
  return {
    zh: `${BOOKED[relation].zh} ${shown(item)} 与 ${shown(of)} 账户、日期、金额和附言相同`,
    en: `The ${BOOKED[relation].en} ${shown(item)} repeats ${shown(of)}: same account, day, amount and references`,
  };
}

export function differs(relation: Relation, toldFen: Fen, bookedFen: Fen, items: readonly Item[]): Reason {
  const names = items.slice(0, NAMED_MAX).map(shown).join(', ');
  return {
    zh: `${TOLD[relation].zh}合计 ${yuan(toldFen)}，${BOOKED[relation].zh}合计 ${yuan(bookedFen)}：${names}`,
    en: `${TOLD[relation].en} ${yuan(toldFen)}, ${BOOKED[relation].en} ${yuan(bookedFen)}: ${names}`,
  };
}

export function toldTwice(key: string, differenceFen: Fen): Reason {
  const abs = differenceFen < 0n ? -differenceFen : differenceFen;
  return {
    zh: `银行两次报送流水 ${key}，金额相差 ${yuan(abs)}`,
    en: `The bank told entry ${key} twice, with amounts ${yuan(abs)} apart`,
  };
}

export function overReleased(contractId: string, excessFen: Fen): Reason {
  return {
    zh: `合同 ${contractId} 的划拨超出已确认课消 ${yuan(excessFen)}`,
    en: `On contract ${contractId} ${yuan(excessFen)} more was released than confirmed`,
  };
}

export function releasedUncovered(item: Item): Reason {
  return {
    zh: `银行划拨 ${shown(item)}（${formatDay(item.day)}，${yuan(item.amountFen)}）没有指令，也没有已确认课消可对应`,
    en: `The bank release ${shown(item)} of ${formatDay(item.day)}, ${yuan(item.amountFen)}, has no instruction and no confirmed lessons`,
  };
}

export function offAccount(payee: string, amountFen: Fen): Reason {
  return {
    zh: `${yuan(amountFen)} 付入不属于该机构监管账户的 ${payee}`,
    en: `${yuan(amountFen)} was paid into ${payee}, which is no supervised account of the institution`,
  };
}

export function balanceDiffers(from: Day, to: Day, deltaFen: Fen, persists: boolean): Reason {
  const abs = deltaFen < 0n ? -deltaFen : deltaFen;
  const more = deltaFen > 0n;
  return {
    zh: `${formatDay(from)}${to > from ? `至 ${formatDay(to)}` : ''} 银行日终余额比账簿${more ? '少' : '多'} ${yuan(abs)}${persists ? '' : '，其后一致'}`,
    en: `From ${formatDay(from)} to ${formatDay(to)} the bank’s end-of-day balance is ${yuan(abs)} ${more ? 'below' : 'above'} the books${persists ? '' : '; it agrees since'}`,
  };
}

export function feedMissing(from: Day, to: Day, waiting: number): Reason {
  return {
    zh: `银行未报送 ${formatDay(from)}${to > from ? `至 ${formatDay(to)}` : ''} 的数据，${waiting} 笔收付款待其核对`,
    en: `The bank’s data of ${formatDay(from)}${to > from ? ` to ${formatDay(to)}` : ''} did not come; ${waiting === 1 ? '1 movement waits' : `${waiting} movements wait`} for it`,
  };
}

const NAMED_MAX = 4;

/** Without the mark that tells kinds of names apart. */
function shown(item: Item): string {
  return item.key.slice(item.key.lastIndexOf('\x1f') + 1).replace(/^[pir]:/, '');
}

function yuan(fen: Fen): string {
  return `¥${formatYuan(fen)}`;
}
