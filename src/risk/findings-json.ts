import { formatTime } from '../core/time.js';
import type { Evaluation, RuleFinding } from './evaluation.js';
import { FACTS_VERSION } from './facts/version.js';

/** Findings that somebody must see: open ones, those that failed, flags, and what a rule says that is not open yet. */
function isTelling(finding: RuleFinding): boolean {
  return finding.level !== 'none' || finding.answerLevel !== 'none' || finding.state === 'failed' || finding.flag;
}

/** What an evaluation found, as it is stored and shown. */
export function findingsJson({ findings, policyVersion }: Evaluation) {
  return findings.filter(isTelling).map((finding) => findingJson(finding, policyVersion));
}

/** One rule's finding as people and programs read it. */
function findingJson(finding: RuleFinding, policyVersion: string) {
  const { open } = finding.finding;
  return {
    ruleId: finding.rule.id,
    ruleVersion: finding.rule.version,
    policyVersion,
    factsVersion: FACTS_VERSION,
    group: finding.rule.group,
    name: finding.rule.name,
    state: finding.state,
    level: finding.level,
    answerLevel: finding.answerLevel,
    value: finding.value,
    threshold: finding.threshold,
    unit: finding.unit,
    reason: finding.reason(),
    legalBasis: finding.rule.basis,
    evidence: finding.evidence(),
    alertId: open?.alertId ?? null,
    caseId: open?.caseId ?? null,
    openedAt: open === null ? null : formatTime(open.openedAt),
    watched: finding.watched,
    flag: finding.flag,
    error: finding.error,
  };
}
