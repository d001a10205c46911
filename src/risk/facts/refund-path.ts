/** Who paid for a contract, each once, in order; null when some payment does not say, or there is none. */
export function payersOf(told: Iterable<string | null>): readonly string[] | null {
  const payers = new Set<string>();
  for (const payer of told) {
    if (payer === null) return null;
    payers.add(payer);
  }
  return payers.size === 0 ? null : [...payers].sort();
}
