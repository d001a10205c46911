import type { Calendar } from '../core/calendar.js';
import { dayOf, startOfDay, type Us } from '../core/time.js';
import { contextOf, type RiskContext } from './context.js';
import { evaluateInstitution } from './evaluate.js';
import type { Evaluation } from './evaluation.js';
import type { Expiring, InstitutionRows } from './facts/rows.js';
import type { Policy } from './policy/policy.js';
import { RULES } from './rules/list.js';

/** From when on, and with what. */
export interface OutlookFrom {
  readonly now: Us;
  /** What time alone makes expired: while a level is being left, periods of contracts end. */
  readonly expiring: readonly Expiring[];
  readonly calendar: Calendar;
  readonly policy: Policy;
}

/**
 * What is to come if the rows are these: whole evaluations now and at every midnight, each from what the one before has left, made when
 * they are asked for. What other rules find changes with time, and with the rows.
 */
export class Outlook {
  private readonly evaluations = new Map<Us, Evaluation>();

  /** `first`: the evaluation of now, of the rows as they are. `rows`: as they would be at a moment. */
  constructor(
    private readonly from: OutlookFrom,
    private readonly first: Evaluation,
    private readonly rows: (at: Us) => InstitutionRows,
  ) {}

  /** At that moment the periods of contracts have ended. */
  rowsAt(at: Us): InstitutionRows {
    const rows = this.rows(at);
    const over = this.from.expiring.filter(({ periodTo }) => periodTo < dayOf(at));
    if (over.length === 0 || rows.expiredUnearnedFen === null) return rows;
    const expiredUnearnedFen = over.reduce((sum, { unearnedFen }) => sum + unearnedFen, rows.expiredUnearnedFen);
    return { ...rows, expiredUnearnedFen };
  }

  /** `at`: now, or a midnight to come. */
  evaluationAt(at: Us): Evaluation {
    const { now, calendar, policy } = this.from;
    let evaluation = this.first;
    for (let moment = now; ; moment = startOfDay(dayOf(moment) + 1)) {
      const { state } = evaluation;
      evaluation =
        this.evaluations.get(moment) ?? evaluateInstitution(this.rowsAt(moment), state, moment, calendar, policy);
      this.evaluations.set(moment, evaluation);
      if (moment >= at) return evaluation;
    }
  }

  /** What a rule may know then of the others: it costs whole evaluations, so only for a rule that asks. */
  contextAt(at: Us): RiskContext {
    let known: RiskContext | null = null;
    const then = (): RiskContext => {
      known ??= contextOf(
        new Map(this.evaluationAt(at).state.findings.map((state) => [state.ruleId, state])),
        RULES,
        at,
      );
      return known;
    };
    return {
      levelOf: (ruleId) => then().levelOf(ruleId),
      hadFinding: (groups, floor, days) => then().hadFinding(groups, floor, days),
      reached: (floor) => then().reached(floor),
      evidenceOf: (ruleId) => then().evidenceOf(ruleId),
    };
  }
}
