import { type Day, formatDay } from '../core/time.js';
import { act, siteClosed, upsert } from './acts.js';
import type { Random } from './random.js';
import { complain } from './routine.js';
import type { Script } from './script.js';
import { sorted } from './shapes.js';

/** What happens to sound schools and looks like trouble. */
interface LookAlike {
  readonly name: string;
  readonly weight: number;
  readonly story: (day: Day, random: Random) => Pick<Script, 'changes' | 'acts'> & Pick<Partial<Script>, 'profile'>;
}

const LOOK_ALIKES: readonly LookAlike[] = [
  {
    name: 'enrolment_peak',
    weight: 3,
    story: (day, random) => ({
      changes: [
        { from: day, set: { sales: random.between(2, 5) } },
        { from: day + random.int(10, 25), set: { sales: 1 } },
      ],
      acts: [],
    }),
  },
  {
    name: 'declared_break',
    weight: 2,
    story: (day, random) => {
      const span = { from: day, to: day + random.int(6, 24) };
      return {
        changes: [],
        acts: [
          act(day - random.int(3, 15), (school, today) => {
            school.breaks.push(span);
            school.tell('break.declared', `/institution/${school.id}`, school.between(today, 9, 12), {
              from: formatDay(span.from),
              to: formatDay(span.to),
              reason: '装修停课',
            });
            for (const course of school.courses)
              school.teaching.callOff(course, Math.max(today + 1, span.from), span.to, today);
          }),
        ],
      };
    },
  },
  {
    name: 'bank_outage',
    weight: 2,
    story: (day, random) => {
      const workingDays = random.int(1, 3);
      return {
        changes: [],
        acts: [act(day, (school) => school.account?.fallSilent(school.season.workingDaysAfter(day, workingDays)))],
      };
    },
  },
  {
    name: 'cancelled_camp',
    weight: 2,
    story: (day, random) => {
      const share = random.between(0.3, 0.9);
      return {
        changes: [],
        acts: [
          act(day, (school, today) => {
            const course = school.random.pick(school.courses);
            school.teaching.callOff(course, today + 1, today + 15, today);
            for (const contract of [...school.contracts.values()])
              if (contract.course === course && school.random.chance(share))
                school.refunds.ask(today, contract, {
                  side: 'operator',
                  answers: 'yes',
                  paysInDays: school.random.int(2, 7),
                });
          }),
        ],
      };
    },
  },
  {
    name: 'new_representative',
    weight: 2,
    story: (day) => ({
      changes: [],
      acts: [
        act(day, (school, today) => {
          school.registered = { ...school.registered, legalRepHash: school.random.hex(32) };
          upsert(school, today);
        }),
      ],
    }),
  },
  {
    name: 'slow_season',
    weight: 2,
    story: (day, random) => ({
      changes: [
        { from: day, set: { sales: random.between(0, 0.4), lessonsHeld: random.between(0.75, 0.92), renewals: 0.7 } },
        { from: day + random.int(20, 50), set: { sales: 1, lessonsHeld: 0.99, renewals: 0.88 } },
      ],
      acts: [],
    }),
  },
  {
    name: 'announced_move',
    weight: 1,
    story: (day) => ({ changes: [], acts: [siteClosed(day, 45)], profile: { sizeFactor: 1.5 } }),
  },
  {
    name: 'angry_week',
    weight: 1,
    story: (day, random) => ({
      changes: [],
      acts: [
        act(day, (school, today) => {
          for (let n = random.int(1, 2); n > 0; n -= 1)
            complain(school, today, random.pick(['quality', 'fee', 'refund'] as const), ['服务态度']);
        }),
      ],
    }),
  },
];

/** A healthy school, three in ten of them with something that looks like trouble and is none. */
export function healthyScript(firstDay: Day, lastDay: Day, random: Random): Script {
  const even = { kind: 'healthy', archetype: null, stopDay: null, changes: [], acts: [], notes: '' } as const;
  if (!random.chance(LOOK_ALIKE_SHARE) || lastDay - firstDay < 70) return even;
  const chosen = random.weighted(LOOK_ALIKES.map((one) => [one, one.weight] as const));
  const { changes, acts, profile } = chosen.story(random.int(firstDay + 50, lastDay - 10), random);
  return {
    ...even,
    changes,
    acts: sorted(acts, (one) => one.day),
    notes: chosen.name,
    ...(profile ? { profile } : {}),
  };
}
const LOOK_ALIKE_SHARE = 0.3;
