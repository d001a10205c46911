import { type Day, dayOf } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { EvidenceRef, Sentence } from '../rule.js';
import { refsOf } from './evidence.js';
import type { FactSheet } from './fact-sheet.js';
import type { RegisterRow } from './rows.js';

export type Profile = EventData['institution.upserted'];
export type ProfileEvent = RegisterRow<'institution.upserted'>;

/** Subject (or mixed) training at the compulsory stage; an institution that does not name its stages is not assumed to. */
export function teachesCompulsorySubjects(profile: Profile): boolean {
  return profile.category !== 'non_subject' && (profile.stages ?? []).includes('compulsory');
}

export const TEACHES_OTHERS: Sentence = {
  zh: '不从事义务教育阶段学科类培训',
  en: 'It does not teach compulsory-stage subjects',
};

/**
 * The events since a day, and of those before it the ones that told something which still held on that day: against it a later
 * change is measured, and a field that the newest of them leaves out is as it was. `events`: ascending.
 */
export function profileEventsSince(events: readonly ProfileEvent[], from: Day): readonly ProfileEvent[] {
  let old = 0;
  while (old < events.length && dayOf(events[old]!.at) < from) old += 1;
  if (old <= 1) return events;
  const told = new Set<string>();
  const standing: ProfileEvent[] = [];
  for (let at = old - 1; at >= 0; at -= 1) {
    const fields = Object.keys(events[at]!.data).filter((field) => !told.has(field));
    for (const field of fields) told.add(field);
    if (fields.length > 0) standing.unshift(events[at]!);
  }
  return [...standing, ...events.slice(old)];
}

/** The newest event that told the field, then the others that told it. */
export function profileEvidence(sheet: FactSheet, field: keyof Profile): readonly EvidenceRef[] {
  return refsOf(sheet.rows.profileEvents.filter((row) => row.data[field] !== undefined).reverse());
}
