import { FACTS_VERSION } from './facts/version.js';
import { RULES } from './rules/list.js';

/** Names the versions of all rules, of the facts and of the calendar in one short word: the same word means the same answers. */
export function rulebookOf(calendarVersion: string): string {
  return `${RULES_WORD}.facts-${FACTS_VERSION}.calendar-${calendarVersion}`;
}

const RULES_WORD = `rules-${fnv1a(RULES.map(({ id, version }) => `${id}.${version}`).join(' '))}`;

/** FNV-1a, 32 bits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
