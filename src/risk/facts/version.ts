/**
 * Raised whenever the same events could give a rule other facts: what a fact sheet derives, or what is read for it; or the same
 * findings another score. Every finding carries it beside the versions of its rule and policy, so that a score is only ever rebuilt
 * with what it was made with.
 */
export const FACTS_VERSION = 13;
