import { type Day, formatDay } from '../core/time.js';
import { act, inspection, newLegalRepresentative, signal, siteClosed, upsert } from './acts.js';
import type { Random } from './random.js';
import type { PackageTerms } from './sales.js';
import type { School } from './school.js';
import type { Act, Change, ProfileTraits, Script } from './script.js';
import { sorted } from './shapes.js';

/** One way to break a rule while lessons go on. The rule that must be raised is the one whose definition the events meet. */
interface Violation {
  readonly name: string;
  readonly weight?: number;
  readonly profile?: Partial<ProfileTraits>;
  readonly acts?: (day: Day, random: Random) => readonly Act[];
  readonly changes?: (day: Day, random: Random) => readonly Change[];
}

const PREPAID = ['per_lesson', 'staged', 'ecny', 'parent_lock', 'deposit'];
const CUSTODY = { modes: ['per_lesson', 'staged', 'ecny', 'parent_lock'] };
const PER_LESSON = { modes: ['per_lesson'] };
const PRICE_CAP_FEN = 500_000;
const HOURS_CAP = 60;

export const VIOLATIONS: readonly Violation[] = [
  { name: 'span_over_three_months', acts: (day) => [sells(day, 'B01', () => ({ days: 150 }))] },
  { name: 'over_sixty_hours', acts: (day, random) => [sells(day, 'B02', () => ({ hours: random.int(62, 118) }))] },
  {
    name: 'over_five_thousand',
    profile: { category: 'non_subject' },
    acts: (day, random) => [
      sells(day, 'B03', (unitFen) => ({ hours: Math.ceil((PRICE_CAP_FEN * random.between(1.05, 1.9)) / unitFen) })),
    ],
  },
  { name: 'training_loan', acts: (day) => [sells(day, 'B05', () => ({ loan: true }))] },
  {
    name: 'excessive_gifts',
    acts: (day, random) => [sells(day, 'B06', () => ({ hours: 20, gifted: random.int(11, 30) }))],
  },
  { name: 'split_orders', profile: { category: 'non_subject' }, acts: (day) => [splits(day)] },
  { name: 'no_model_contract', acts: (day) => [sells(day, 'B09', () => ({ modelForm: false }))] },
  {
    name: 'late_lessons',
    profile: { delivery: 'offline', category: 'non_subject' },
    acts: (day) => [lateLessons(day)],
  },
  { name: 'subject_on_rest_day', profile: { category: 'subject' }, acts: (day) => [restDayLessons(day)] },
  {
    name: 'new_subject_approval',
    profile: { category: 'subject', stages: ['compulsory'], firstIssuedOn: '2022-06-15' },
    acts: (day) => [known(day, 'B12')],
  },
  {
    name: 'subject_for_profit',
    profile: { category: 'subject', stages: ['compulsory'], registration: 'for_profit', firstIssuedOn: '2018-06-15' },
    acts: (day) => [known(day, 'B13')],
  },
  {
    name: 'over_release',
    profile: PER_LESSON,
    acts: (day, random) => [funds(day, 'A05', 12, (school) => school.funds.releaseTooMuch(random.int(2_000, 60_000)))],
  },
  { name: 'account_break', profile: CUSTODY, acts: (day, random) => [takes(day, random.between(0.1, 0.5))] },
  {
    name: 'bank_silent',
    acts: (day, random) => [
      funds(day, 'A07', 8, (school, today) =>
        school.account?.fallSilent(school.season.workingDaysAfter(today, random.int(6, 15))),
      ),
    ],
  },
  {
    name: 'late_credits',
    profile: CUSTODY,
    acts: (day, random) => [funds(day, 'A08', 40, (school) => school.funds.delayCredits(random.int(8, 14)))],
  },
  { name: 'account_frozen', profile: CUSTODY, acts: (day) => [state(day, 'frozen', true)] },
  { name: 'account_closed_unfiled', profile: CUSTODY, acts: (day) => [state(day, 'closed', false)] },
  { name: 'off_account', weight: 3, acts: (day) => [sells(day, null, () => ({ payee: 'private' }))] },
  { name: 'cover_expires', acts: (day, random) => [cover(day, random)] },
  { name: 'old_stock', profile: CUSTODY, acts: (day, random) => [stock(day, random)] },
  { name: 'below_minimum', profile: CUSTODY, acts: (day) => [minimum(day)] },
  { name: 'short_paid', acts: (day, random) => [shortPaid(day, random)] },
  { name: 'refusals', profile: { sizeFactor: 2 }, acts: (day) => [refuses(day)] },
  { name: 'seven_day_right', acts: (day) => sevenDays(day) },
  {
    name: 'false_confirmations',
    profile: CUSTODY,
    acts: () => [],
    changes: (day, random) => [
      { from: day, set: { falseConfirms: random.between(0.1, 0.25) } },
      { from: day + random.int(12, 25), set: { falseConfirms: 0 } },
    ],
  },
  { name: 'licence_expired', weight: 2, acts: (day) => [expires(day)] },
  { name: 'licence_none', profile: { licenceState: 'none' }, acts: (day) => [known(day, 'F02')] },
  {
    name: 'licence_registration_only',
    weight: 2,
    profile: { licenceState: 'registration_only' },
    acts: (day) => [known(day, 'F02')],
  },
  { name: 'licence_only', weight: 3, profile: { licenceState: 'licence_only' }, acts: (day) => [known(day, 'F02')] },
  {
    name: 'licence_incomplete',
    weight: 4,
    profile: { licenceState: 'incomplete' },
    acts: (day) => [known(day, 'F02')],
  },
  {
    name: 'bad_list',
    acts: (day, random) => [
      signal(day, random.pick(['defaulter', 'abnormal_list', 'deregistering'] as const), 3, ['F03']),
    ],
  },
  {
    name: 'arrears',
    acts: (day, random) => [
      signal(
        day,
        random.pick(['wage_arrears', 'rent_arrears', 'utility_arrears', 'social_insurance_arrears'] as const),
        20,
        ['F05'],
      ),
    ],
  },
  { name: 'enforcement', acts: (day, random) => [signal(day, 'enforcement', 2, ['F10'], random.between(0.2, 1))] },
  {
    name: 'site_closed',
    profile: { sizeFactor: 2 },
    acts: (day, random) => [siteClosed(day, random.pick([null, 5, 15]))],
  },
  { name: 'found_shut', acts: (day) => [inspection(day, 'shut', ['F07'])] },
  { name: 'control_change', acts: (day) => [newLegalRepresentative(day)] },
];

/** A school that breaks one rule on a day drawn from the history. */
export function violatingScript(firstDay: Day, lastDay: Day, random: Random): Script {
  const violation = random.weighted(VIOLATIONS.map((one) => [one, one.weight ?? 1] as const));
  const last = Math.max(firstDay + 30, lastDay - 45);
  const day = random.int(Math.min(firstDay + 40, last), last);
  return {
    kind: 'violating',
    archetype: violation.name,
    stopDay: null,
    changes: sorted(violation.changes?.(day, random) ?? [], (change) => change.from),
    acts: sorted(violation.acts?.(day, random) ?? [], (one) => one.day),
    notes: '',
    // Who is paid after the lessons collects nothing in advance that could be too much.
    profile: { modes: PREPAID, ...violation.profile },
  };
}

/** Known from the first day on: the licence or the registration says it. */
function known(_day: Day, rule: string): Act {
  return act(0, (school, today) => {
    school.sign(today);
    school.mustRaise(rule, today + 2);
  });
}

/** One package out of the ordinary, on the first day on which one can be sold. `rule` null: paying it says which. */
function sells(day: Day, rule: string | null, terms: (unitFen: number) => PackageTerms): Act {
  return act(day, (school, today) => {
    for (let later = 0; later < SELL_DAYS_MAX; later += 1) {
      const asked = terms(Math.min(...school.courses.map((course) => course.unitFen)));
      const payee = asked.payee === 'private' ? { payee: school.privateAccount } : {};
      if (!school.sales.sell(today + later, null, { ...asked, ...payee })) continue;
      school.sign(today + later);
      if (rule !== null) school.mustRaise(rule, today + later + 2);
      return;
    }
  });
}
const SELL_DAYS_MAX = 30;

/** Two packages of one family within the caps, together above one of them. */
function splits(day: Day): Act {
  return act(day, (school, today) => {
    const learnerHash = school.random.hex(32);
    let sold = 0;
    const unitFen = Math.max(...school.courses.map((course) => course.unitFen));
    const hours = Math.min(HOURS_CAP - 20, Math.floor((PRICE_CAP_FEN * 0.95) / unitFen));
    for (let later = 0; later < SELL_DAYS_MAX && sold < 2; later += 1)
      if (school.sales.sell(today, null, { learnerHash, hours })) sold += 1;
    if (sold < 2) return;
    school.sign(today);
    if (hours * 2 > HOURS_CAP) school.mustRaise('B08', today + 2);
  });
}

function lateLessons(day: Day): Act {
  return act(day, (school, today) => {
    school.teaching.extraHours = 4;
    school.sign(today + 8);
    school.mustRaise('B10', today + 30);
  });
}

function restDayLessons(day: Day): Act {
  return act(day, (school, today) => {
    school.teaching.restDayLessons = true;
    school.sign(today + 8);
    school.mustRaise('B11', today + 40);
  });
}

function funds(day: Day, rule: string, within: number, run: (school: School, today: Day) => void): Act {
  return act(day, (school, today) => {
    run(school, today);
    school.sign(today);
    school.mustRaise(rule, today + within);
  });
}

/** Money is missing that no movement explains. */
function takes(day: Day, share: number): Act {
  return funds(day, 'A06', 8, (school) => {
    if (school.account) school.account.balanceFen -= Math.floor(school.account.balanceFen * share);
  });
}

function state(day: Day, to: 'frozen' | 'closed', filed: boolean): Act {
  return funds(day, 'A09', 2, (school, today) => {
    if (school.account)
      school.tell('account.state_changed', school.account.source, school.between(today, 9, 16), {
        accountId: school.account.id,
        state: to,
        filed,
      });
  });
}

function cover(day: Day, random: Random): Act {
  return act(day, (school, today) => {
    const validTo = today + random.int(10, 35);
    school.tell('guarantee.registered', school.platform, school.between(today, 9, 16), {
      guaranteeId: school.number('U'),
      kind: random.pick(['insurance', 'bank_guarantee'] as const),
      coverFen: school.profile.learners * 100_000,
      validFrom: formatDay(today),
      validTo: formatDay(validTo),
    });
    school.sign(validTo - 30);
    school.mustRaise('A12', validTo - 5);
  });
}

function stock(day: Day, random: Random): Act {
  return act(day, (school, today) => {
    const dueOn = today + random.int(5, 20);
    school.tell('stock.declared', school.platform, school.between(today, 9, 16), {
      amountFen: random.int(20, 200) * 10_000,
      dueOn: formatDay(dueOn),
    });
    school.sign(dueOn + 1);
    school.mustRaise('A13', dueOn + 3);
  });
}

function minimum(day: Day): Act {
  return funds(day, 'A03', 4, (school, today) => {
    if (school.account)
      school.tell('account.requirement_set', school.platform, school.between(today, 9, 16), {
        accountId: school.account.id,
        kind: 'min_balance',
        amountFen: school.account.balanceFen * 3 + 10_000_000,
        validFrom: formatDay(today),
      });
  });
}

function shortPaid(day: Day, random: Random): Act {
  return act(day, (school, today) => {
    school.refunds.shortShare = random.between(0.25, 0.6);
    const left = [...school.contracts.values()].filter(
      (one) => one.paidFen - one.confirmedFen - one.pendingFen > 60_000,
    );
    let asked = 0;
    for (const contract of left)
      if (asked < 3 && school.refunds.ask(today, contract, { answers: 'yes', paysInDays: 4 })) asked += 1;
    school.sign(today + 4);
    if (asked > 0) school.mustRaise('C06', today + 25);
  });
}

function refuses(day: Day): Act {
  return act(day, (school, today) => {
    let asked = 0;
    for (const contract of [...school.contracts.values()])
      if (asked < 8 && school.refunds.ask(today, contract, { answers: 'no' })) asked += 1;
    school.sign(today + 3);
    if (asked >= 8) school.mustRaise('C07', today + 12);
  });
}

/** A family changes its mind within seven days and hears nothing. */
function sevenDays(day: Day): Act[] {
  let contractId: string | null = null;
  return [
    act(day, (school, today) => {
      contractId = school.sales.sell(today, null, {})?.id ?? null;
    }),
    act(day + 3, (school, today) => {
      const contract = contractId === null ? undefined : school.contracts.get(contractId);
      if (!contract || !school.refunds.ask(today, contract, { side: 'seven_day', answers: 'yes', paysInDays: 25 }))
        return;
      school.sign(today + 5);
      school.mustRaise('C08', today + 9);
    }),
  ];
}

/** The licence runs out and is not renewed. */
function expires(day: Day): Act {
  return act(0, (school, today) => {
    school.registered = { ...school.registered, licence: { ...school.registered.licence, expiresOn: formatDay(day) } };
    upsert(school, today);
    school.sign(day + 1);
    school.mustRaise('F02', day + 2);
  });
}
