import { parseDay, startOfDay, type Us } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import { isNewer } from '../../ledger/rows.js';
import { refsOf } from '../facts/evidence.js';
import { ifLater } from '../facts/moments.js';
import { defineRule, noData } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

type LicenceState = EventData['institution.upserted']['licence']['state'];

/** What was told last: by the registry, or by an inspector who looked at the licences. The expiry is the registry’s. */
export const rule = defineRule({
  id: 'F02',
  version: 3,
  group: 'F',
  name: { zh: '证照状态', en: 'Licence state' },
  question: { zh: '办学许可和登记是否齐全有效？', en: 'Are licence and registration complete and valid?' },
  basis: {
    zh: '市证照分类（无证无照、有照无证、证照不全）；分级为本系统默认',
    en: 'The city’s licence classes; the steps are our default',
  },
  params: {
    noticeDays: {
      value: 30,
      unit: 'days',
      max: 365,
      source: 'ours',
      note: 'A licence that ends within 30 days is blue.',
    },
  },
  remedies: ['licence_complete'],
  evaluate(sheet, p) {
    const { profile } = sheet.rows;
    const seen = seenByInspection(sheet.rows.registers['inspection.recorded'] ?? [], sheet.now);
    // Every registration tells the licence whole: what older ones told is gone.
    const told = sheet.rows.profileEvents.at(-1) ?? null;
    if (profile === null && seen === null) return noData('机构资料未知', 'The institution’s registration is unknown');
    const inspected = seen !== null && (told === null || isNewer(seen.row, told));
    const state: LicenceState = inspected ? seen.state : profile!.licence.state;
    const expiresOn = profile?.licence.expiresOn === undefined ? null : parseDay(profile.licence.expiresOn);
    const left = expiresOn === null ? null : expiresOn - sheet.today;
    const expired = left !== null && left < 0;
    const judgement = judge([
      { level: 'blue', threshold: p.noticeDays, tests: [is(left !== null && left <= p.noticeDays)] },
      { level: 'orange', threshold: 0, tests: [is(expired)] },
      {
        level: 'orange',
        threshold: 0,
        tests: [is(state === 'licence_only' || state === 'registration_only' || state === 'incomplete')],
      },
      { level: 'red', threshold: 0, tests: [is(state === 'none')] },
    ]);
    const at: Us | null =
      expiresOn === null
        ? null
        : (ifLater(startOfDay(expiresOn - p.noticeDays), sheet.now) ?? ifLater(startOfDay(expiresOn + 1), sheet.now));
    return {
      state: 'answered',
      ...judgement,
      // Of what is not complete no day is left, whatever the registry says of the licence.
      value: state === 'complete' ? (left ?? 0) : Math.min(left ?? 0, 0),
      unit: 'days',
      reason: () => ({
        zh: `证照状态：${ZH[state]}${inspected ? '（检查所见）' : ''}${left === null ? '' : left < 0 ? `，许可已过期 ${-left} 天` : `，许可还有 ${left} 天到期`}`,
        en: `Licence state: ${EN[state]}${inspected ? ' (as seen by an inspection)' : ''}${left === null ? '' : left < 0 ? `, expired ${plural(-left, 'day')} ago` : `, ${plural(left, 'day')} until it expires`}`,
      }),
      evidence: () => refsOf(inspected ? [seen.row] : [], told === null ? [] : [told]),
      lookAgainAt: at,
    };
  },
});

const ZH: Readonly<Record<LicenceState, string>> = {
  complete: '证照齐全',
  licence_only: '有证无照',
  registration_only: '有照无证',
  incomplete: '证照不全',
  none: '无证无照',
};
const EN: Readonly<Record<LicenceState, string>> = {
  complete: 'complete',
  licence_only: 'licence without registration',
  registration_only: 'registration without licence',
  incomplete: 'incomplete',
  none: 'neither licence nor registration',
};

type InspectionRow = {
  readonly at: number;
  readonly source: string;
  readonly id: string;
  readonly data: EventData['inspection.recorded'];
};

/** The newest inspection that saw the licences; "unlicensed" without more means a registration at best. */
function seenByInspection(
  rows: readonly InspectionRow[],
  now: Us,
): { readonly row: InspectionRow; readonly state: LicenceState } | null {
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const row = rows[i]!;
    if (row.at > now) continue;
    if (row.data.licenceSeen !== undefined) return { row, state: row.data.licenceSeen };
    if (row.data.findings.includes('unlicensed')) return { row, state: 'registration_only' };
  }
  return null;
}
