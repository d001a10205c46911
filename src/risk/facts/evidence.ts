import { EVIDENCE_MAX, type EvidenceRef, type RuleAnswer } from '../rule.js';
import type { FactSheet } from './fact-sheet.js';

/** The identities of events, in the order given, each once, at most `EVIDENCE_MAX`. */
export function refsOf(...lists: readonly (readonly EvidenceRef[])[]): readonly EvidenceRef[] {
  const refs: EvidenceRef[] = [];
  const seen = new Set<string>();
  for (const list of lists) {
    for (const { source, id } of list) {
      if (refs.length >= EVIDENCE_MAX) return refs;
      const key = `${source} ${id}`;
      if (seen.has(key)) continue;
      seen.add(key);
      refs.push({ source, id });
    }
  }
  return refs;
}

/** What makes the figure that is told comes first; the others in the order given. */
export function largestFirst<T>(list: readonly T[], sizeOf: (one: T) => number): T[] {
  return [...list].sort((a, b) => sizeOf(b) - sizeOf(a));
}

/** Of several findings: the most telling event of each, then the next of each. */
export function refsInTurn(lists: readonly (readonly EvidenceRef[])[]): readonly EvidenceRef[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return refsOf(...Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])));
}

/**
 * The events behind an answer. Where they are older than what is read, or there are none because something did not happen, the
 * registration of the institution and of its accounts: what the finding holds against.
 */
export function evidenceOf(answer: RuleAnswer, sheet: FactSheet): readonly EvidenceRef[] {
  const refs = answer.evidence();
  if (refs.length > 0) return refs;
  const { profileEvents, registers } = sheet.rows;
  return refsOf(profileEvents.slice(-1), registers['account.registered'] ?? []);
}
