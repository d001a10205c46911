import type { EventData } from '../../events/event.js';
import type { EvidenceRef } from '../rule.js';
import { refsOf } from './evidence.js';
import type { FactSheet } from './fact-sheet.js';
import type { RegisterRow } from './rows.js';

export type Profile = EventData['institution.upserted'];
export type ProfileEvent = RegisterRow<'institution.upserted'>;

/** Subject (or mixed) training at the compulsory stage; an institution that does not name its stages is not assumed to. */
export function teachesCompulsorySubjects(profile: Profile): boolean {
  return profile.category !== 'non_subject' && (profile.stages ?? []).includes('compulsory');
}

/** The newest event that told the field, then the others that told it. */
export function profileEvidence(sheet: FactSheet, field: keyof Profile): readonly EvidenceRef[] {
  return refsOf(sheet.rows.profileEvents.filter((row) => row.data[field] !== undefined).reverse());
}
