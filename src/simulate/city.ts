import { usccCheck } from '../core/ids.js';
import type { AccountMode } from '../events/account.js';
import type { Random } from './random.js';

/** A county of the simulated city and its share of the institutions. */
export interface County {
  readonly code: string;
  readonly name: string;
  readonly weight: number;
}

/**
 * A city like the one the project began with: fifteen counties and zones under 3707xx. Names and shares are ours, in proportion
 * to what such counties usually hold; the city as a whole counts about 4,600 institutions.
 */
export const CITY_CODE = '370700';
export const CITY_INSTITUTIONS = 4_600;
export const COUNTIES: readonly County[] = [
  { code: '370702', name: '潍城', weight: 9 },
  { code: '370703', name: '寒亭', weight: 5 },
  { code: '370704', name: '坊子', weight: 5 },
  { code: '370705', name: '奎文', weight: 13 },
  { code: '370724', name: '临朐', weight: 6 },
  { code: '370725', name: '昌乐', weight: 6 },
  { code: '370781', name: '青州', weight: 9 },
  { code: '370782', name: '诸城', weight: 10 },
  { code: '370783', name: '寿光', weight: 11 },
  { code: '370784', name: '安丘', weight: 6 },
  { code: '370785', name: '高密', weight: 7 },
  { code: '370786', name: '昌邑', weight: 4 },
  { code: '370787', name: '高新', weight: 6 },
  { code: '370788', name: '滨海', weight: 2 },
  { code: '370789', name: '峡山', weight: 1 },
];

/** How a bank behaves: when it books, whether it works on weekends, and how often a day of it comes late. */
export interface Bank {
  readonly code: string;
  /** Days from payment to credit. */
  readonly creditDays: number;
  readonly worksOnWeekends: boolean;
  readonly lateShare: number;
  /** One credit for all payments of a day. */
  readonly aggregates: boolean;
}

export const BANKS: readonly Bank[] = [
  { code: 'ICBC', creditDays: 0, worksOnWeekends: true, lateShare: 0.01, aggregates: false },
  { code: 'ABC', creditDays: 1, worksOnWeekends: false, lateShare: 0.03, aggregates: false },
  { code: 'CCB', creditDays: 1, worksOnWeekends: true, lateShare: 0.01, aggregates: true },
  { code: 'BOC', creditDays: 1, worksOnWeekends: false, lateShare: 0.02, aggregates: false },
  { code: 'RCB', creditDays: 2, worksOnWeekends: false, lateShare: 0.05, aggregates: true },
  { code: 'BANKWF', creditDays: 1, worksOnWeekends: true, lateShare: 0.02, aggregates: false },
];

export const MODES: readonly (readonly [AccountMode, number])[] = [
  ['per_lesson', 58],
  ['deposit', 22],
  ['staged', 8],
  ['parent_lock', 4],
  ['ecny', 5],
  ['postpaid', 3],
];

/** 52: a private non-enterprise unit of the civil affairs office, 91: a company, 92: a sole trader. Shares are ours. */
const REGISTRARS: readonly (readonly [string, number])[] = [
  ['52', 35],
  ['91', 55],
  ['92', 10],
];
const CODE_DIGITS = '0123456789ABCDEFGHJKLMNPQRTUWXY';

export type Registrar = '52' | '91' | '92';

export function drawRegistrar(random: Random): Registrar {
  return random.weighted(REGISTRARS) as Registrar;
}

/** A unified social credit code with a right check digit. `serial` keeps codes of one history apart. */
export function makeUscc(registrar: Registrar, countyCode: string, serial: number, random: Random): string {
  let organisation = '';
  let left = serial;
  for (let i = 0; i < 5; i += 1) {
    organisation = CODE_DIGITS[left % CODE_DIGITS.length]! + organisation;
    left = Math.floor(left / CODE_DIGITS.length);
  }
  const noise = Array.from({ length: 4 }, () => random.pick([...CODE_DIGITS])).join('');
  const body = `${registrar}${countyCode}${noise}${organisation}`;
  return `${body}${usccCheck(body)!}`;
}

const NAMES = [
  '启明',
  '晨光',
  '博雅',
  '育才',
  '星河',
  '卓越',
  '小树',
  '未来',
  '明德',
  '向阳',
  '知行',
  '乐学',
  '青禾',
  '华彩',
];
const FIELDS = { academic: '文化课', culture: '艺术', sport: '体育', science: '科技' } as const;

export function nameOf(county: County, field: keyof typeof FIELDS, serial: number, random: Random): string {
  return `${county.name}${random.pick(NAMES)}${FIELDS[field]}培训中心${serial}`;
}
