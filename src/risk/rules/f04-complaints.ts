import { type Day, dayOf } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import { refsOf } from '../facts/evidence.js';
import { newestFirst } from '../facts/payments.js';
import { timesMean, weeklyMean } from '../facts/windows.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { decimal, percent, plural } from '../text.js';

/** Words that say the school is closed or its people are gone. Compared in lower case, anywhere in a keyword. */
const GONE = [
  ...['closed', 'missing', 'shut', 'gone', 'vanished', 'disappeared', 'unreachable', 'absconded'],
  ...['关门', '关店', '关闭', '闭店', '停业', '歇业', '倒闭', '搬空', '人去楼空'],
  ...['跑路', '卷款', '失联', '失踪', '消失', '联系不上', '找不到人'],
];

/**
 * Complaints of seven days against the mean week of the eight before, and as a share of the active learners. Two tickets that
 * say the school is closed or gone are red by themselves.
 */
export const rule = defineRule({
  id: 'F04',
  version: 3,
  group: 'F',
  name: { zh: '投诉激增', en: 'Complaints' },
  question: {
    zh: '投诉是否激增，或说机构已关门失联？',
    en: 'Have complaints jumped, or do they say the school is gone?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    minComplaints: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'At least three in seven days, at every level …',
    },
    timesHundredths: { value: 300, unit: 'hundredths', source: 'ours', note: '… and three times the mean week.' },
    orangeBp: {
      value: 100,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '1% of the active learners; a ratio, so with the minimum sample.',
    },
    redBp: { value: 300, unit: 'basis_points', max: 10_000, source: 'ours', note: '3% of them.' },
    goneTickets: {
      value: 2,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Two tickets that say closed or missing.',
    },
    baseWeeks: { value: 8, unit: 'count', min: 4, max: 52, source: 'ours', note: 'Weeks of the mean.' },
  },
  order: [['orangeBp', 'redBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - 6;
    // Tickets, not messages: one that is told again, with another id, is still one.
    const tickets = (sheet.rows.registers['complaint.received'] ?? []).filter((row) => row.at <= sheet.now);
    const recent = tickets.filter((row) => dayOf(row.at) >= from);
    const count = recent.length;
    const mean = weeklyMean(
      sheet,
      p.baseWeeks,
      (first: Day, last: Day) => tickets.filter(({ at }) => dayOf(at) >= first && dayOf(at) <= last).length,
    );
    const gone = recent.filter((row) => saysGone(row.data));
    const both = [
      sheet.tests.from(count, p.minComplaints),
      sheet.tests.from(count * 100 * mean.days, mean.sum * 7 * p.timesHundredths),
    ];
    const share = (bp: number) => [
      ...both,
      is(sheet.enoughForRatios),
      sheet.tests.fromShare(BigInt(count), BigInt(sheet.activeLearners), bp),
    ];
    const shareBp = sheet.activeLearners === 0 ? 0 : Math.floor((count * 10_000) / sheet.activeLearners);
    // All that a step asks for, as a count of complaints.
    const least = (bp: number) =>
      Math.max(p.minComplaints, timesMean(mean, p.timesHundredths), Math.ceil((sheet.activeLearners * bp) / 10_000));
    const judgement = judge([
      { level: 'yellow', threshold: least(0), value: count, tests: both },
      { level: 'orange', threshold: least(p.orangeBp), value: count, tests: share(p.orangeBp) },
      { level: 'red', threshold: least(p.redBp), value: count, tests: share(p.redBp) },
      {
        level: 'red',
        threshold: p.goneTickets,
        value: gone.length,
        tests: [sheet.tests.from(gone.length, p.goneTickets)],
      },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: judgement.value!,
      unit: 'count',
      reason: () => ({
        zh: `近七日投诉 ${count} 件（此前周均 ${decimal(mean.perWeekHundredths)} 件），占在读学员 ${percent(shareBp)}，其中 ${gone.length} 件称已关门或失联`,
        en: `${plural(count, 'complaint')} in seven days against a mean week of ${decimal(mean.perWeekHundredths)}, ${percent(shareBp)} of the active learners; ${gone.length} ${gone.length === 1 ? 'says' : 'say'} that it is closed or gone`,
      }),
      evidence: () => refsOf(newestFirst(gone), newestFirst(recent)),
      lookAgainAt: count === 0 ? null : sheet.nextMidnight,
    };
  },
});

function saysGone(data: EventData['complaint.received']): boolean {
  if (data.kind === 'closed') return true;
  return (data.keywords ?? []).some((keyword) => {
    const text = keyword.toLowerCase();
    return GONE.some((word) => text.includes(word));
  });
}
