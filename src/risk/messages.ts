import type { OutgoingMessage } from '../alerts/outbox.js';
import { formatTime, type Us } from '../core/time.js';
import type { AlertChange, Evaluation } from './evaluation.js';
import type { InstitutionRows } from './facts/rows.js';
import { FACTS_VERSION } from './facts/version.js';

type Named = Pick<InstitutionRows, 'institutionId' | 'profile'>;

/** The types of message by the kind of alert record. */
export const ALERT_TYPES = {
  raised: 'prepaid.alert.raised.v1',
  level_changed: 'prepaid.alert.level_changed.v1',
  cleared: 'prepaid.alert.cleared.v1',
} as const;
export const SCORE_TYPE = 'prepaid.score.changed.v1';

/** One step of an alert's life as the contract's message. `step` counts the alert's records from 1 and makes the id. Pure. */
export function alertMessage(institution: Named, change: AlertChange, step: number): OutgoingMessage {
  return {
    id: `${change.alertId}.${step}`,
    type: ALERT_TYPES[change.kind],
    subject: institution.institutionId,
    time: change.asOf,
    regionCode: institution.profile?.regionCode ?? null,
    topic: 'prepaid.alerts',
    level: change.level,
    previousLevel: change.previousLevel,
    data: alertData(institution, change),
  };
}

/** The contract's fields of an alert message. Integers only; times in Shanghai. */
export function alertData(institution: Named, change: AlertChange): object {
  return {
    ...nameOf(institution),
    alertId: change.alertId,
    caseId: change.caseId,
    ruleId: change.ruleId,
    ruleVersion: change.ruleVersion,
    policyVersion: change.policyVersion,
    factsVersion: FACTS_VERSION,
    level: change.level,
    ...(change.kind === 'level_changed' ? { previousLevel: change.previousLevel } : {}),
    value: change.value,
    threshold: change.threshold,
    unit: change.unit,
    reason: change.reason,
    legalBasis: change.legalBasis,
    evidence: change.evidence,
    asOf: formatTime(change.asOf),
    score: change.score,
    ...(change.kind === 'cleared'
      ? { openedAt: formatTime(change.openedAt), clearedAt: formatTime(change.clearedAt!) }
      : {}),
  };
}

/** The score after an evaluation that changed it. Pure. */
export function scoreMessage(institution: Named, evaluation: Evaluation, now: Us): OutgoingMessage {
  const { score, level, grade, groups } = evaluation.score;
  return {
    id: scoreMessageId(institution.institutionId, now),
    type: SCORE_TYPE,
    subject: institution.institutionId,
    time: now,
    regionCode: institution.profile?.regionCode ?? null,
    topic: 'prepaid.scores',
    level: level === 'none' ? null : level,
    data: { ...nameOf(institution), score, level, grade, confidence: confidencePercent(evaluation), groups },
  };
}

/** One change of a score has one moment, and so one id. */
export function scoreMessageId(institutionId: string, at: Us): string {
  return `${institutionId}.score.${at}`;
}

/** Whole percent, rounded down. */
export function confidencePercent(evaluation: Evaluation): number {
  return Math.floor(evaluation.score.confidenceBp / 100);
}

function nameOf(institution: Named): {
  institutionId: string;
  institutionName: string | null;
  regionCode: string | null;
} {
  return {
    institutionId: institution.institutionId,
    institutionName: institution.profile?.name ?? null,
    regionCode: institution.profile?.regionCode ?? null,
  };
}
