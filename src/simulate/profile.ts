import { type Day, formatDay, parseDay } from '../core/time.js';
import type { AccountMode } from '../events/account.js';
import type { InstitutionCategory, InstitutionField, InstitutionUpserted, Licence } from '../events/institution.js';
import { BANKS, type Bank, COUNTIES, type County, drawRegistrar, MODES, makeUscc, nameOf } from './city.js';
import { drawCourses } from './courses.js';
import type { Random } from './random.js';
import type { Course } from './school.js';
import type { Script } from './script.js';

/** What an institution is, drawn once. */
export interface Profile {
  readonly serial: number;
  readonly id: string;
  readonly county: County;
  readonly bank: Bank;
  readonly mode: AccountMode;
  readonly isSubject: boolean;
  readonly delivery: 'offline' | 'online';
  /** Families that the school has in an even month. */
  readonly learners: number;
  readonly courses: readonly Course[];
  /** All families buy at the same time, about every quarter. */
  readonly sellsByTerm: boolean;
  /** Share of lessons that parents confirm themselves. */
  readonly parentShare: number;
  readonly releasesWeekly: boolean;
  /** Usual days from the decision on a refund to its payment. */
  readonly refundDays: number;
  readonly registered: InstitutionUpserted;
  readonly lastYearRevenueFen: number;
}

export interface ProfileOptions {
  readonly serial: number;
  readonly medianLearners: number;
  readonly firstDay: Day;
  readonly lastDay: Day;
}

export function drawProfile(random: Random, options: ProfileOptions, script: Script): Profile {
  const { serial } = options;
  const traits = script.profile ?? {};
  const county = random.weighted(COUNTIES.map((one) => [one, one.weight] as const));
  const category =
    traits.category ??
    random.weighted<InstitutionCategory>([
      ['non_subject', 88],
      ['subject', 8],
      ['mixed', 4],
    ]);
  const isSubject = category === 'subject';
  const registrar = drawRegistrar(random);
  // Whoever teaches subjects of the compulsory stage may not be for profit.
  const registration =
    traits.registration ?? (category !== 'non_subject' || registrar === '52' ? 'non_profit' : 'for_profit');
  const field: InstitutionField = isSubject
    ? 'academic'
    : random.weighted([
        ['culture', 50],
        ['sport', 28],
        ['science', 22],
      ]);
  const modes = MODES.filter(([mode]) => traits.modes?.includes(mode) ?? true);
  const learners = sizeOf(random, options.medianLearners * (traits.sizeFactor ?? 1));
  const delivery = traits.delivery ?? (random.chance(0.06) ? 'online' : 'offline');
  const courses = drawCourses({ serial, learners, isSubject }, random.branch('courses'));
  const lastYearRevenueFen = Math.round(learners * yearFeeFen(courses) * random.between(0.85, 1.2));
  return {
    serial,
    id: makeUscc(
      registration === 'non_profit' ? '52' : registrar === '52' ? '91' : registrar,
      county.code,
      serial,
      random,
    ),
    county,
    bank: random.pick(BANKS),
    mode: random.weighted(modes),
    isSubject,
    delivery,
    learners,
    courses,
    sellsByTerm: random.chance(TERM_SELLERS),
    parentShare: random.between(0.72, 0.96),
    releasesWeekly: random.chance(0.35),
    refundDays: random.int(2, 6),
    lastYearRevenueFen,
    registered: {
      name: nameOf(county, field, serial, random),
      regionCode: county.code,
      townCode: `${county.code}${String(random.int(1, 12)).padStart(3, '0')}`,
      gridId: `G${county.code}-${random.int(1, 40)}`,
      category,
      field,
      stages:
        traits.stages ?? (isSubject ? ['senior'] : [random.pick(['preschool', 'compulsory', 'compulsory'] as const)]),
      delivery,
      registration,
      licence: licenceOf(random, options, traits, county),
      legalRepHash: random.hex(32),
      controllerHashes: [random.hex(32)],
      sites: Array.from({ length: learners > 200 ? random.int(2, 3) : 1 }, (_, at) => ({
        siteId: `S${serial}-${at + 1}`,
      })),
      status: 'operating',
      ...(random.chance(0.7) ? { lastYearRevenueFen } : {}),
    },
  };
}

const TERM_SELLERS = 0.3;
const TEACHING_WEEKS = 40;

/** What a family spends in a year, over all classes. */
function yearFeeFen(courses: readonly Course[]): number {
  const weekly = courses.map((course) => course.unitFen * course.hoursPerLesson * course.slots.length);
  return (weekly.reduce((sum, one) => sum + one, 0) / courses.length) * TEACHING_WEEKS;
}

/** Many small ones, few large ones: log-normal around the median, between 8 and 40 times it. */
function sizeOf(random: Random, median: number): number {
  return Math.max(8, Math.min(median * 40, Math.round(median * Math.exp(0.7 * random.normal()))));
}

/** Subject licences are from before the freeze of 2021; nothing expires within the history unless the story says so. */
function licenceOf(
  random: Random,
  options: ProfileOptions,
  traits: NonNullable<Script['profile']>,
  county: County,
): Licence {
  const state = traits.licenceState ?? 'complete';
  if (state === 'none') return { state };
  const expires = options.lastDay + random.int(70, 900);
  return {
    state,
    ...(state === 'registration_only'
      ? {}
      : { number: `教民${county.code}${String(options.serial).padStart(6, '0')}` }),
    firstIssuedOn: traits.firstIssuedOn ?? formatDay(parseDay('2016-03-01')! + random.int(0, 1_900)),
    expiresOn: traits.expiresOn ?? formatDay(expires),
  };
}
