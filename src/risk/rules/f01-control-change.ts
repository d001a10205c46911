import { type Day, dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { Pauses } from '../facts/pauses.js';
import type { ProfileEvent } from '../facts/profile.js';
import { teachingIn } from '../facts/teaching.js';
import { atLeast, levelOf } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** What closers cannot avoid. A wave of requests, a refund some yuan short or to another account tell nothing of an owner. */
const TROUBLE = ['C01', 'C02', 'C03', 'C05', 'C07', 'C08', 'D02'];

/**
 * The legal representative or the controllers became others. The first telling of either is no change. A change alone is common;
 * with families waiting for their money, or fewer lessons than before it, it is how professional closers begin.
 */
export const rule = defineRule({
  id: 'F01',
  version: 5,
  group: 'F',
  name: { zh: '法人股东变更', en: 'Control change' },
  question: { zh: '法定代表人或实际控制人是否变更？', en: 'Has the legal representative or a controller changed?' },
  basis: { zh: '本系统默认（多起案例倒闭前变更法人）', en: 'Our default (owners changed before many collapses)' },
  params: {
    windowDays: { value: 90, unit: 'days', min: 1, max: 365, source: 'ours', note: 'How long a change is watched.' },
    secondDays: {
      value: 365,
      unit: 'days',
      min: 1,
      max: 400,
      source: 'ours',
      note: 'A second change within twelve months.',
    },
    findingLevel: {
      value: 3,
      unit: 'level',
      min: 1,
      source: 'ours',
      note: 'Red with a finding of group A or C of orange or above …',
    },
    findingDays: { value: 90, unit: 'days', source: 'ours', note: '… open now or in these days.' },
    refundLevel: {
      value: 2,
      unit: 'level',
      min: 1,
      source: 'ours',
      note: 'Orange while families wait too long for refunds or are refused (C01, C02, C03, C05, C07, C08), or lessons fall (D02), at yellow or above.',
    },
    fallenBelowBp: {
      value: 7_500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Orange as well when the lessons of two weeks are below 75% of the pace of the eight weeks before the change …',
    },
    fallenLessons: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: '… by at least so many, and not because one teacher’s were called off: whoever buys a school to close it ends courses first.',
    },
  },
  reads: ['A', 'C', 'D02'],
  remedies: ['days'],
  evaluate(sheet, p, context) {
    const changes = controlChanges(sheet).filter((row) => row.at <= sheet.now);
    const recent = changes.filter((row) => dayOf(row.at) > sheet.today - p.windowDays);
    const year = changes.filter((row) => dayOf(row.at) > sheet.today - p.secondDays);
    const changed = recent.length > 0 && sheet.unearnedFen > 0n;
    const finding = changed && context.hadFinding(['A', 'C'], levelOf(p.findingLevel), p.findingDays);
    const fallen = changed && hasFallen(sheet, p, dayOf(recent[0]!.at));
    const trouble = changed && TROUBLE.some((rule) => atLeast(context.levelOf(rule), levelOf(p.refundLevel)));
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: 1, tests: [is(changed)] },
        { level: 'orange', threshold: 2, tests: [is(changed && year.length >= 2)] },
        { level: 'orange', threshold: 1, tests: [is(trouble || fallen)] },
        { level: 'red', threshold: 1, tests: [is(finding)] },
      ]),
      value: year.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天法定代表人或控制人变更 ${recent.length} 次，近一年 ${year.length} 次${finding ? '，同时有账户或退费类风险' : ''}${fallen ? '；此后上课减少' : ''}`,
        en: `${plural(recent.length, 'change')} of the legal representative or controllers in ${p.windowDays} days, ${year.length} in a year${finding ? ', together with an account or refund finding' : ''}${fallen ? '; fewer lessons than before it' : ''}`,
      }),
      evidence: () => refsOf([...changes].reverse()),
      lookAgainAt: changed ? sheet.nextMidnight : null,
    };
  },
});

const RECENT_DAYS = 14;
const BASE_DAYS = 56;

/**
 * Lessons of two weeks after the change against the pace before it. Not within two weeks of a pause, as D02; those called off do not
 * count while all of them are of one teacher: an illness.
 */
function hasFallen(
  sheet: FactSheet,
  p: { readonly fallenBelowBp: number; readonly fallenLessons: number },
  changedOn: Day,
): boolean {
  const from = sheet.today - RECENT_DAYS;
  if (from <= changedOn || sheet.historyDays < sheet.today - changedOn + RECENT_DAYS || !sheet.enoughForRatios)
    return false;
  // Both sides times the teaching days of the base window.
  const { lessons: base, days: baseDays } = teachingIn(sheet, changedOn - BASE_DAYS, changedOn - 1);
  const { lessons: given, days } = teachingIn(sheet, from, sheet.today - 1);
  const expected = base * days;
  const missing = expected - given * baseDays;
  const enough = p.fallenLessons * baseDays;
  if (given * baseDays * 10_000 >= expected * p.fallenBelowBp || missing < enough) return false;
  if (new Pauses(sheet, from, sheet.today).touch(from, sheet.today)) return false;
  const off = sheet.rows.lessons.filter(
    ({ cancelled, startsAt }) => cancelled && dayOf(startsAt) >= from && dayOf(startsAt) < sheet.today,
  );
  const isOfOneTeacher = new Set(off.map(({ teacherHash }) => teacherHash)).size === 1;
  return missing - (isOfOneTeacher ? off.length * baseDays : 0) >= enough;
}

/** The upserts that told another representative or other controllers than was known before, ascending. */
function controlChanges(sheet: FactSheet): ProfileEvent[] {
  let legalRep: string | undefined;
  let controllers: string | undefined;
  const found: ProfileEvent[] = [];
  for (const row of sheet.rows.profileEvents) {
    const rep = row.data.legalRepHash;
    const owners = row.data.controllerHashes && [...row.data.controllerHashes].sort().join(' ');
    if (
      (rep !== undefined && legalRep !== undefined && rep !== legalRep) ||
      (owners !== undefined && controllers !== undefined && owners !== controllers)
    )
      found.push(row);
    legalRep = rep ?? legalRep;
    controllers = owners ?? controllers;
  }
  return found;
}
