import { EVIDENCE_MAX, type EvidenceRef } from '../rule.js';

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
