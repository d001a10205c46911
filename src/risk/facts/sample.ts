import { notApplicable, type RuleAnswer } from '../rule.js';
import type { FactSheet } from './fact-sheet.js';

/** The answer of a ratio rule that has too few learners or too short a history; null when there is enough. */
export function tooFewForRatio(sheet: FactSheet, historyDays: number = sheet.common.minHistoryDays): RuleAnswer | null {
  const few = sheet.activeLearners < sheet.common.minLearners;
  if (!few && sheet.historyDays >= historyDays) return null;
  return notApplicable(
    '学员或历史不足，比率规则不适用',
    'Too few learners or too little history for a ratio',
    few ? null : sheet.historyReaches(historyDays),
  );
}
