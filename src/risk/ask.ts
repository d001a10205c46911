import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import { pastContextOf, type RiskContext } from './context.js';
import { FactSheet } from './facts/fact-sheet.js';
import { type InstitutionRows, LATE_DAYS } from './facts/rows.js';
import type { FindingState, Raise } from './finding.js';
import { raised } from './level.js';
import type { ParamValues } from './params.js';
import { policyFor } from './policy/of-institution.js';
import type { Policy } from './policy/policy.js';
import type { ResolvedPolicy } from './policy/resolve.js';
import { notApplicable, type Rule, type RuleAnswer } from './rule.js';

/**
 * The rule's answer at the moment of the sheet; a rule that the policy switches off (`params` null) does not apply. `watched`: the
 * institution is on the watch list.
 */
export function askRule(
  rule: Rule,
  params: ParamValues | null,
  sheet: FactSheet,
  context: RiskContext,
  watched: boolean,
): RuleAnswer {
  if (params === null) return SWITCHED_OFF;
  const answer = rule.evaluate(sheet, params, context);
  if (!watched || answer.holdLevel === 'none' || !isRaisedByWatching(rule)) return answer;
  return { ...answer, level: raised(answer.level), holdLevel: raised(answer.holdLevel) };
}

/** Whether one of the rules puts the institution on the watch list. */
export function isWatched(
  rules: readonly Rule[],
  sheet: FactSheet,
  resolved: ResolvedPolicy,
  context: RiskContext,
): boolean {
  return rules.some((rule) => {
    const params = rule.watches ? (resolved.rules.get(rule.id) ?? null) : null;
    return params !== null && rule.evaluate(sheet, params, context).flag === true;
  });
}

/**
 * The watch list raises the groups that are about money and about refunds, but not what may only tell of the bank's data: a statement
 * that is late, or a movement that is told a day after its statement, is no worse at a large institution, and happens there every week.
 */
export function isRaisedByWatching({ id, group }: Rule): boolean {
  return (group === 'A' || group === 'C') && !DATA_RULES.includes(id);
}

const DATA_RULES = ['A06', 'A07'];

/**
 * Asks rules again for the moments at which they raised something, with what is known today of the institution's own events until
 * then, by the thresholds of then. The rows are those of that day, not today's: a window of days that has moved on since is no news.
 */
export class PastQuestions {
  private readonly sheets = new Map<Us, FactSheet | null>();

  constructor(
    private readonly rows: InstitutionRows,
    private readonly now: Us,
    private readonly calendar: Calendar,
    private readonly policy: Policy,
    private readonly resolved: ResolvedPolicy,
    private readonly rules: readonly Rule[],
  ) {}

  /**
   * `states`: of now. Null: cannot be known. Another policy has raised it, it is too long ago, or it rests on other institutions, of
   * which only the present is known.
   */
  answerAt(rule: Rule, raise: Raise, states: ReadonlyMap<string, FindingState>): RuleAnswer | null {
    if (raise.policy !== undefined && raise.policy !== this.resolved.version) return null;
    const sheet = this.sheetAt(raise.at);
    if (sheet === null) return null;
    const params = this.resolvedAt(raise.at).rules.get(rule.id) ?? null;
    const context = pastContextOf(states, this.rules, raise.at);
    try {
      return askRule(rule, params, sheet, context, this.wasWatched(raise, context));
    } catch {
      return null;
    }
  }

  /** Being one of the largest of the county is not taken back; what its own facts said may have been half known. */
  private wasWatched({ at, watch }: Raise, context: RiskContext): boolean {
    if (watch !== 'own') return watch === 'county';
    return isWatched(this.rules, this.sheetAt(at, NOT_LARGEST)!, this.resolvedAt(at), context);
  }

  /** The sheet of a past moment; null when the rows of its day are not at hand. `others`: what is to be thought of them. */
  private sheetAt(at: Us, others: Others = UNKNOWN_OTHERS): FactSheet | null {
    const known = others === UNKNOWN_OTHERS ? this.sheets.get(at) : undefined;
    if (known !== undefined) return known;
    const rows = this.rowsOn(dayOf(at));
    const sheet = rows && new FactSheet(ownRows(rows, others), at, this.calendar, this.resolvedAt(at).common);
    if (others === UNKNOWN_OTHERS) this.sheets.set(at, sheet);
    return sheet;
  }

  private rowsOn(day: Day): InstitutionRows | null {
    if (dayOf(this.now) - day > LATE_DAYS) return null;
    return day >= this.rows.day ? this.rows : this.rows.earlier(day);
  }

  private resolvedAt(at: Us): ResolvedPolicy {
    return dayOf(at) === dayOf(this.now) ? this.resolved : policyFor(this.rows, at, this.policy);
  }
}

const SWITCHED_OFF = notApplicable('本地政策停用该规则', 'The rule is switched off by the policy');

/** What comes from other institutions, of which only the present is known: a rule that reads it cannot be asked for a past moment. */
type Others = Pick<PropertyDescriptorMap, 'links' | 'countyTopShare'>;

const UNKNOWN: PropertyDescriptor = {
  enumerable: true,
  get(): never {
    throw new RangeError('only the present is known of other institutions');
  },
};
const UNKNOWN_OTHERS: Others = { links: UNKNOWN, countyTopShare: UNKNOWN };
const NOT_LARGEST: Others = { links: UNKNOWN, countyTopShare: { enumerable: true, value: false } };

function ownRows(rows: InstitutionRows, others: Others): InstitutionRows {
  return Object.defineProperties({ ...rows }, others as PropertyDescriptorMap);
}
