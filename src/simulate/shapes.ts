import type { Day } from '../core/time.js';
import {
  act,
  closedComplaints,
  drain,
  inspection,
  newLegalRepresentative,
  signal,
  siteClosed,
  unanswered,
} from './acts.js';
import type { Random } from './random.js';
import { type Act, type Change, ramp, type Script } from './script.js';

/** How one shape of failure goes: what is different before the stop, and by how long. Lead times are those of real cases. */
export interface Shape {
  readonly name: string;
  readonly weight: number;
  readonly profile?: Script['profile'];
  /** What happens before the day on which the lessons stop. */
  readonly before: (
    stop: Day,
    random: Random,
    room: number,
  ) => { changes: readonly Change[]; acts: readonly Act[]; notes: string };
}

const CUSTODY = ['per_lesson', 'staged', 'ecny', 'parent_lock'];
const PREPAID = [...CUSTODY, 'deposit'];

/** Refund waits grow over months (Youwin, 2019–2020: two to ten months). */
const slowRefunds: Shape = {
  name: 'slow_refunds',
  weight: 3,
  before: (stop, random, room) => {
    const lead = within(room, random, 60, 200);
    const changes = ramp(stop - lead, stop - 10, 5, (share) => ({
      refundTime: 1 + share * random.between(3, 9),
      refundsAsked: 1 + share * random.between(2, 7),
      refundsAnswered: 1 - share * random.between(0, 0.5),
      refusals: 0.05 + share * random.between(0, 0.4),
      refundsPaid: 1 - share * random.between(0.2, 0.8),
      complaints: 1 + share * random.between(2, 8),
    }));
    const acts = random.chance(0.5)
      ? [signal(stop - random.int(10, 60), 'wage_arrears', random.int(15, 60), ['F05'])]
      : [];
    return { changes, acts, notes: `refunds slower from ${lead} days before` };
  },
};

/** Wages two months late, sites "closed for refit" (Webi, 2019). */
const wageArrears: Shape = {
  name: 'wage_arrears',
  weight: 3,
  profile: { sizeFactor: 1.5 },
  before: (stop, random, room) => {
    const lead = within(room, random, 20, 90);
    const refit = stop - random.int(5, 40);
    return {
      changes: [
        { from: stop - lead, set: { lessonsHeld: random.between(0.75, 0.97), complaints: 3 } },
        {
          from: refit,
          set: { lessonsHeld: random.between(0.45, 0.85), sales: random.between(0.8, 1.4), refundsAsked: 3 },
        },
      ],
      acts: [
        signal(stop - lead, 'wage_arrears', random.int(30, 75), ['F05']),
        ...(random.chance(0.6) ? [siteClosed(refit, null)] : []),
      ],
      notes: 'refit',
    };
  },
};

/** Online, rent and utilities unpaid while targets are beaten (Xueba, 2020). */
const strongSalesArrears: Shape = {
  name: 'rent_arrears_strong_sales',
  weight: 2,
  profile: { delivery: 'online' },
  before: (stop, random, room) => {
    const lead = within(room, random, 30, 120);
    return {
      changes: [
        { from: stop - lead, set: { sales: random.between(1.5, 4) } },
        {
          from: stop - random.int(8, 26),
          set: { sales: random.between(4, 10), gifts: random.between(0, 0.5), discount: random.between(0, 0.3) },
        },
      ],
      acts: [
        signal(stop - lead + random.int(0, 20), 'utility_arrears', random.int(20, 60), ['F05']),
        signal(stop - random.int(15, 28), 'rent_arrears', random.int(10, 60), ['F05']),
      ],
      notes: 'sales still strong',
    };
  },
};

/** Sites are closed one after the other over months (Wall Street English, 2020–2021). */
const siteClosures: Shape = {
  name: 'site_closures',
  weight: 2,
  profile: { sizeFactor: 2.5 },
  before: (stop, random, room) => {
    const lead = within(room, random, 60, 200);
    const notice = random.pick([null, 7, 14, 21]);
    return {
      changes: ramp(stop - lead, stop, 4, (share) => ({
        lessonsHeld: 1 - share * random.between(0.15, 0.5),
        renewals: 0.88 - share * 0.3,
        refundsAsked: 1 + share * 3,
        refundTime: 1 + share * 2,
      })),
      acts: [
        siteClosed(stop - random.int(22, Math.max(23, lead - 22)), notice),
        ...(random.chance(0.7) ? [signal(stop - random.int(15, 60), 'wage_arrears', random.int(20, 90), ['F05'])] : []),
      ],
      notes: notice === null ? 'no notice' : `notice of ${notice} days`,
    };
  },
};

/** A sound school is bought, a straw man becomes its head, and it is shut (professional closers, Daohe). */
const closers: Shape = {
  name: 'closers',
  weight: 3,
  before: (stop, random, room) => {
    const lead = within(room, random, 18, 150);
    const last = stop - random.int(4, 16);
    return {
      changes: [
        {
          from: stop - Math.round(lead * 0.6),
          set: { lessonsHeld: random.between(0.6, 0.95), refundsAsked: 2, refundTime: random.between(1.5, 4) },
        },
        { from: last, set: { lessonsHeld: random.between(0.3, 0.8), refundsPaid: 0.3, sales: random.between(0.5, 3) } },
      ],
      acts: [
        newLegalRepresentative(stop - lead),
        ...(random.chance(0.6)
          ? [
              signal(
                stop - Math.round(lead * random.between(0.3, 0.8)),
                random.pick(['social_insurance_arrears', 'wage_arrears'] as const),
                20,
                ['F05'],
              ),
            ]
          : []),
        ...(random.chance(0.4) ? [signal(stop - Math.round(lead * 0.3), 'abnormal_list', 5, ['F03'])] : []),
        ...(random.chance(0.4) ? [siteClosed(last, random.pick([null, 10]))] : []),
      ],
      notes: 'owner changed',
    };
  },
};

/** A drive of long packages into private accounts, then gone (Gaoguan 2019, Lüguang 2021, Gymboree 2024). */
const promotionRun: Shape = {
  name: 'promotion_run',
  weight: 3,
  before: (stop, random, room) => {
    const lead = within(room, random, 16, 45);
    return {
      changes: [
        {
          from: stop - lead,
          set: {
            sales: random.between(5, 14),
            longPackages: random.between(0.3, 0.9),
            gifts: random.between(0.2, 0.9),
            discount: random.between(0.1, 0.4),
            offAccount: random.between(0.1, 0.8),
          },
        },
        { from: stop - 7, set: { refundsPaid: 0.2, refundsAsked: 3 } },
      ],
      acts: [],
      notes: 'private accounts and long packages',
    };
  },
};

/** Lessons are confirmed that were never given, so that custody releases the money. */
const falseConfirmations: Shape = {
  name: 'false_confirmations',
  weight: 2,
  profile: { modes: CUSTODY },
  before: (stop, random, room) => {
    const lead = within(room, random, 20, 75);
    return {
      changes: [
        {
          from: stop - lead,
          set: { falseConfirms: random.between(0.03, 0.12), lessonsHeld: random.between(0.7, 0.95) },
        },
        { from: stop - 10, set: { falseConfirms: random.between(0.08, 0.25), refundsPaid: 0.4, complaints: 4 } },
      ],
      acts: random.chance(0.4) ? [drain(stop - random.int(3, 20), random.between(0.3, 0.8), 'other')] : [],
      notes: 'custody drained by confirmations',
    };
  },
};

/** Deposit mode: new fees grow, the deposit does not, and new money pays old debts. */
const depositGap: Shape = {
  name: 'deposit_gap',
  weight: 3,
  profile: { modes: ['deposit'] },
  before: (stop, random, room) => {
    const lead = within(room, random, 35, 120);
    return {
      changes: [
        { from: stop - lead, set: { topUps: false, sales: random.between(2, 6) } },
        {
          from: stop - Math.round(lead / 2),
          set: { refundTime: random.between(2, 5), refundsAsked: 3, refundsPaid: 0.7 },
        },
      ],
      acts: [
        act(stop - lead + 20, (school, day) => {
          const account = school.account;
          // Well below the fees of three months, whichever way they are counted.
          if (account !== null && account.balanceFen < school.funds.receivedFen(day) * 0.8) {
            school.sign(day);
            school.mustRaise('A02', day + 3);
          }
        }),
        ...(random.chance(0.4) ? [drain(stop - Math.round(lead * 0.4), random.between(0.2, 0.6), 'other')] : []),
      ],
      notes: 'deposit stands still',
    };
  },
};

/** Everything is as it should be until the door is shut (Baby King, 2022). */
const suddenStop: Shape = {
  name: 'sudden_stop',
  weight: 2,
  before: (stop, random) => ({
    changes: [{ from: stop - random.int(2, 8), set: { sales: random.between(1.5, 4), complaints: 3 } }],
    acts: random.chance(0.5) ? [closedComplaints(stop - random.int(1, 2), 1)] : [],
    notes: 'no sign before',
  }),
};

export const SHAPES: readonly Shape[] = [
  slowRefunds,
  wageArrears,
  strongSalesArrears,
  siteClosures,
  closers,
  promotionRun,
  falseConfirmations,
  depositGap,
  suddenStop,
];

/** A lead time between the two, but not longer than the history has room for before the stop. */
function within(room: number, random: Random, from: number, to: number): number {
  return Math.min(room, random.int(from, to));
}

/** The whole story of a school that stops on a day; nothing of it lies more than `room` days before. */
export function failingScript(shape: Shape, stop: Day, room: number, random: Random): Script {
  const { changes, acts, notes } = shape.before(stop, random, room);
  const gone = {
    from: stop,
    set: {
      lessonsHeld: 0,
      sales: 0,
      refundsPaid: 0,
      refundsAnswered: 0,
      falseConfirms: 0,
      topUps: false,
      isThere: false,
    },
  };
  const after: Act[] = [
    act(stop, (school, day) => {
      // Nine days without lessons, outside declared breaks.
      let by = day;
      for (let open = 0; open < 9; by += 1) if (!school.isBreak(by)) open += 1;
      school.sign(day + 1);
      if (school.sales.active() > 0) school.mustRaise('D01', by);
    }),
    closedComplaints(stop + random.int(1, 6), random.int(2, 6)),
    unanswered(stop + random.int(2, 8), random.int(2, 5)),
    ...(random.chance(0.75)
      ? [inspection(stop + random.int(1, 9), random.pick(['shut', 'emptied', 'unreachable'] as const), ['F07'])]
      : []),
    ...(random.chance(0.2) ? [drain(stop - random.int(0, 3), random.between(0.3, 0.9), 'other')] : []),
  ];
  return {
    kind: 'failing',
    archetype: shape.name,
    stopDay: stop,
    changes: sorted([...changes, gone], (change) => change.from),
    acts: sorted([...acts, ...after], (one) => one.day),
    notes,
    // A school that is paid after its lessons owes nobody anything.
    profile: { modes: PREPAID, ...shape.profile },
  };
}

export function sorted<T>(list: readonly T[], by: (one: T) => number): T[] {
  return [...list].sort((a, b) => by(a) - by(b));
}
