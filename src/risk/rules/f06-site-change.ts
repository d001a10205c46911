import { type Day, dayOf, parseDay } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { defineRule, type EvidenceRef, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

interface Closing {
  readonly siteId: string;
  readonly closedOn: Day;
  /** Days between notice and closing; null without notice. */
  readonly notice: number | null;
  readonly told: EvidenceRef;
}

/** A site closed, or gone from the list of sites, while fees are unearned: with what notice? */
export const rule = defineRule({
  id: 'F06',
  version: 3,
  group: 'F',
  name: { zh: '场所变动', en: 'Site change' },
  question: { zh: '校区关闭或搬迁有没有提前公告？', en: 'Was a site closed or moved with due notice?' },
  basis: {
    zh: '上海、浙江、山东：停业或迁址提前 30 日公告；分级为本系统默认',
    en: 'Shanghai, Zhejiang, Shandong: 30 days’ notice; the steps are our default',
  },
  params: {
    noticeDays: { value: 30, unit: 'days', source: 'rule', note: 'Thirty days’ notice.' },
    windowDays: { value: 60, unit: 'days', min: 1, max: 365, source: 'ours', note: 'How long a closing is watched.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const recent = closingsOf(sheet).filter((one) => one.closedOn > sheet.today - p.windowDays);
    const closings = recent.length > 0 && sheet.unearnedFen > 0n ? recent : [];
    const unannounced = closings.filter((one) => one.notice === null);
    const short = closings.filter((one) => one.notice !== null && one.notice < p.noticeDays);
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: 0, tests: [is(closings.length > 0)] },
        { level: 'orange', threshold: 0, tests: [is(short.length > 0)] },
        { level: 'red', threshold: 0, tests: [is(unannounced.length > 0)] },
      ]),
      // Of the worst kind that there is.
      value: unannounced.length || short.length || closings.length,
      unit: 'count',
      reason: () => {
        const what = changesOf(closings, sheet.today);
        return {
          zh: `${what.zh}，其中 ${unannounced.length} 个未公告，${short.length} 个公告不足 ${p.noticeDays} 天`,
          en: `${what.en}, ${unannounced.length} without notice, ${short.length} with less than ${p.noticeDays} days`,
        };
      },
      evidence: () => refsOf([...unannounced, ...short, ...closings].map((one) => one.told)),
      lookAgainAt: closings.length > 0 ? sheet.nextMidnight : null,
    };
  },
});

/** A closing that is announced for a day to come has not happened: the families still have lessons there. */
function changesOf(closings: readonly Closing[], today: Day): Sentence {
  const coming = closings.filter((one) => one.closedOn > today).length;
  const past = closings.length - coming;
  const zh = [
    ...(past > 0 || coming === 0 ? [`${past} 个校区关闭或变动`] : []),
    ...(coming > 0 ? [`${coming} 个校区将关闭`] : []),
  ];
  const en = [
    ...(past > 0 || coming === 0 ? [`${plural(past, 'site')} closed or moved`] : []),
    ...(coming > 0 ? [`${plural(coming, 'site')} about to close`] : []),
  ];
  return { zh: zh.join('、'), en: en.join(' and ') };
}

/** Closings told by date, and sites that a newer list of sites no longer names although nobody told that they close. */
function closingsOf(sheet: FactSheet): Closing[] {
  const found = new Map<string, Closing>();
  let open = new Set<string>();
  for (const row of sheet.rows.profileEvents) {
    if (row.data.sites === undefined || row.at > sheet.now) continue;
    const named = new Set(row.data.sites.map((site) => site.siteId));
    for (const siteId of open)
      if (!named.has(siteId)) found.set(siteId, { siteId, closedOn: dayOf(row.at), notice: null, told: row });
    open = new Set();
    for (const site of row.data.sites) {
      if (site.closedOn === undefined) {
        open.add(site.siteId);
        found.delete(site.siteId);
        continue;
      }
      const closedOn = parseDay(site.closedOn)!;
      found.set(site.siteId, {
        siteId: site.siteId,
        closedOn,
        notice: site.noticeOn === undefined ? null : closedOn - parseDay(site.noticeOn)!,
        told: row,
      });
    }
  }
  return [...found.values()];
}
