import { type Day, formatDay } from '../core/time.js';
import type { DebitPurpose } from '../events/custody.js';
import type { ExternalSignalKind, InspectionFinding } from '../events/signal.js';
import { complain } from './routine.js';
import type { School } from './school.js';
import type { Act } from './script.js';

/** What stories let happen. Each tells its events, and what must be raised because of them by the definition of the rules. */

export function act(day: Day, run: Act['run']): Act {
  return { day, run };
}

/** Arrears, lists and enforcement as the registry tells them. `must`: rules that concern themselves with this kind of signal. */
export function signal(day: Day, kind: ExternalSignalKind, sinceDays: number, must: readonly string[], share = 0): Act {
  return act(day, (school) => {
    const amountFen = Math.round(school.profile.lastYearRevenueFen * share);
    school.tell('external.signal', '/registry/370700', school.between(day, 9, 17), {
      signalId: school.number('W'),
      kind,
      since: formatDay(day - sinceDays),
      ...(amountFen > 0 ? { amountFen } : {}),
    });
    school.sign(day);
    for (const rule of must) school.mustRaise(rule, day + 1);
  });
}

export function newLegalRepresentative(day: Day): Act {
  return act(day, (school) => {
    school.registered = {
      ...school.registered,
      legalRepHash: school.random.hex(32),
      controllerHashes: [school.random.hex(32)],
    };
    upsert(school, day);
    school.sign(day);
    school.mustRaise('F01', day + 1);
  });
}

/** A site is given up. `noticeDays` null: nobody was told. */
export function siteClosed(day: Day, noticeDays: number | null): Act {
  return act(noticeDays === null ? day : day - noticeDays, (school, today) => {
    const sites = school.registered.sites ?? [];
    const open = sites.findIndex((site) => site.closedOn === undefined);
    if (open < 0) return;
    const closed = {
      ...sites[open]!,
      closedOn: formatDay(day),
      ...(noticeDays === null ? {} : { noticeOn: formatDay(today) }),
    };
    school.registered = { ...school.registered, sites: sites.map((site, at) => (at === open ? closed : site)) };
    upsert(school, today);
    school.sign(today);
    school.mustRaise('F06', day + 1);
  });
}

export function inspection(day: Day, finding: InspectionFinding, must: readonly string[]): Act {
  return act(day, (school) => {
    school.tell('inspection.recorded', `/grid/${school.profile.county.code}`, school.between(day, 9, 17), {
      inspectionId: school.number('V'),
      role: 'joint',
      findings: [finding],
    });
    school.sign(day);
    for (const rule of must) school.mustRaise(rule, day + 1);
  });
}

/** The liaison calls on several working days and reaches nobody. */
export function unanswered(from: Day, calls: number): Act {
  return act(from, (school) => {
    let day = school.season.nextWorkingDay(from);
    for (let call = 0; call < calls; call += 1) {
      if (day > school.span.to) return;
      school.tell('contact.attempted', `/grid/${school.profile.county.code}`, school.between(day, 9, 16), {
        contactId: school.number('Y'),
        answered: false,
      });
      if (call === 0) school.sign(day);
      if (call === 1) school.mustRaise('F08', day + 1);
      day = school.season.workingDaysAfter(day, 1);
    }
  });
}

/** Parents write that the door is shut. */
export function closedComplaints(day: Day, count: number): Act {
  return act(day, (school) => {
    for (let n = 0; n < count; n += 1) complain(school, day, 'closed', ['关门', '失联', 'closed']);
    school.sign(day);
    if (count >= 2) school.mustRaise('F04', day + 1);
  });
}

/** Money leaves the account for something else. */
export function drain(day: Day, share: number, purpose: DebitPurpose): Act {
  return act(day, (school) => {
    const { account } = school;
    const amountFen = Math.floor((account?.balanceFen ?? 0) * share);
    if (account === null || amountFen <= 0) return;
    account.expect(account.bookingDay(day, 0), { side: 'debit', amountFen, purpose });
    school.sign(day);
  });
}

export function upsert(school: School, day: Day): void {
  school.tell('institution.upserted', '/registry/370700', school.between(day, 9, 17), school.registered);
}
