import { type Day, formatDay, parseDay, yearOf } from '../core/time.js';
import type { ComplaintKind } from '../events/signal.js';
import type { School } from './school.js';
import { isPublic, type Span } from './season.js';

/** Complaints of an even school, per learner and day. */
const COMPLAINT_SHARE = 0.000_05;
const INSPECTIONS_PER_YEAR = 3;
const CONTACTS_PER_YEAR = 4;
const STATEMENT_DUE = '04-30';

/** What goes on at every school: declared breaks, complaints, inspections, calls, the statement of the year. */
export function liveRoutine(school: School, day: Day): void {
  declareBreaks(school, day);
  const { random, now, profile } = school;
  if (!school.isStopped(day)) {
    for (let n = random.count(COMPLAINT_SHARE * profile.learners * now.complaints); n > 0; n -= 1)
      complain(
        school,
        day,
        now.complaints > 2
          ? 'refund'
          : random.weighted([
              ['quality', 5],
              ['fee', 3],
              ['other', 2],
            ]),
        [],
      );
    if (random.chance(INSPECTIONS_PER_YEAR / 365) && now.isThere) inspect(school, day);
    if (random.chance(CONTACTS_PER_YEAR / 365) && now.isThere)
      school.tell('contact.attempted', `/grid/${profile.county.code}`, school.between(day, 9, 17), {
        contactId: school.number('Y'),
        answered: true,
      });
  }
  fileStatement(school, day);
}

/** A ticket of the hotline, closed some days later. */
export function complain(school: School, day: Day, kind: ComplaintKind, keywords: readonly string[]): void {
  const { random } = school;
  const ticketId = school.number('H');
  school.tell('complaint.received', '/hotline/12345', school.between(day, 8, 20), {
    ticketId,
    kind,
    ...(keywords.length > 0 ? { keywords } : {}),
  });
  const closedOn = school.season.workingDaysAfter(day, random.int(3, 7));
  if (closedOn <= school.span.to)
    school.tell('complaint.closed', '/hotline/12345', school.between(closedOn, 9, 17), {
      ticketId,
      upheld: random.chance(0.3),
    });
}

/** Public holidays and, for subject schools, vacations: long known, declared some weeks before. */
export function planBreaks(school: School): Span[] {
  const { season, profile, random } = school;
  const breaks: Span[] = [];
  for (const rest of season.rests) {
    if (isPublic(rest)) {
      const around = rest.kind === 'spring_festival' ? random.int(1, 4) : 0;
      breaks.push({ from: rest.from - around, to: rest.to + around });
    } else if (profile.isSubject) breaks.push({ from: rest.from, to: rest.to });
  }
  return breaks;
}

function declareBreaks(school: School, day: Day): void {
  const { span } = school;
  for (const one of school.breaks) {
    const told = Math.max(span.from, one.from - DECLARED_DAYS_BEFORE);
    if (told !== day || one.to < day || school.isStopped(day)) continue;
    school.tell('break.declared', `/institution/${school.id}`, school.between(day, 9, 12), {
      from: formatDay(one.from),
      to: formatDay(one.to),
      reason: '放假',
    });
  }
}
const DECLARED_DAYS_BEFORE = 14;

function inspect(school: School, day: Day): void {
  const { random, profile } = school;
  school.tell('inspection.recorded', `/grid/${profile.county.code}`, school.between(day, 9, 17), {
    inspectionId: school.number('V'),
    role: random.pick(['grid', 'school_inspector', 'joint'] as const),
    findings: random.chance(0.93) ? ['ok'] : ['other'],
  });
}

/** The statement of the year before, some weeks before it is due. A school that is gone files none. */
function fileStatement(school: School, day: Day): void {
  const { profile, span } = school;
  const year = yearOf(day);
  const due = parseDay(`${year}-${STATEMENT_DUE}`)!;
  if (day !== due - (profile.serial % 20) - 5 || school.isStopped(day)) return;
  const revenueFen = year === yearOf(span.from) ? profile.lastYearRevenueFen : school.funds.receivedFen(due - 30) * 4;
  school.tell('statement.filed', `/institution/${school.id}`, school.between(day, 9, 18), {
    period: String(year - 1),
    dueOn: formatDay(due),
    revenueFen,
    expensesFen: Math.round(revenueFen * 0.93),
    pretaxIncomeFen: Math.round(revenueFen * 0.07),
    equityFen: Math.round(revenueFen * 0.55),
    assetsFen: Math.round(revenueFen * 0.8),
    deferredRevenueFen: Math.round(revenueFen * 0.12),
  });
}
