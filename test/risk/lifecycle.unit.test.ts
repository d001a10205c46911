import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { startOfDay, US_PER_HOUR, type Us } from '../../src/core/time.js';
import { type FindingState, newFinding } from '../../src/risk/finding.js';
import type { Level } from '../../src/risk/level.js';
import { advance, type FindingChange, type LifecycleInput } from '../../src/risk/lifecycle.js';
import { noData, type RuleAnswer } from '../../src/risk/rule.js';
import { noon, on } from './builders.js';

const says = (level: Level, holdLevel: Level = level): RuleAnswer => ({
  ...noData('无', 'none'),
  state: 'answered',
  level,
  holdLevel,
});

/** Walks a finding through moments; an event is known to have happened at each of them unless said otherwise. */
class Walk {
  state: FindingState = newFinding('A01');
  changes: FindingChange[] = [];
  lookAgainAt: Us | null = null;
  private ids = 0;

  at(now: Us, answer: RuleAnswer | null, known: Partial<LifecycleInput> = {}): this {
    const result = advance(this.state, answer, {
      ruleId: 'A01',
      now,
      calendar: CHINA_CALENDAR,
      clearWorkingDays: 3,
      newestEventAt: now,
      failed: false,
      answerAt: () => answer ?? says('none'),
      lackedFactsAt: () => false,
      policyVersion: 'p',
      watch: null,
      countsMore: () => false,
      nextIds: () => {
        this.ids += 1;
        return { alertId: `a${this.ids}`, caseId: 'c1' };
      },
      ...known,
    });
    this.state = result.state;
    this.changes = [...result.changes];
    this.lookAgainAt = result.lookAgainAt;
    return this;
  }
  get level(): Level {
    return this.state.open?.level ?? 'none';
  }
}

const MONDAY = noon(on('2026-04-20'));
const midnight = (date: string) => startOfDay(on(date));

describe('a finding', () => {
  it('opens with its first level, and again with the next number', () => {
    const walk = new Walk().at(MONDAY, says('none'));
    expect(walk.changes).toEqual([]);
    walk.at(MONDAY, says('yellow'));
    expect(walk.changes).toEqual([
      {
        kind: 'raised',
        alertId: 'a1',
        caseId: 'c1',
        openedAt: MONDAY,
        level: 'yellow',
        previousLevel: null,
        late: false,
      },
    ]);
    expect(walk.at(MONDAY + 1, says('yellow')).changes).toEqual([]);
    expect(walk.state.alerts).toBe(1);
  });

  it('rises at once and says from where', () => {
    const walk = new Walk().at(MONDAY, says('blue')).at(MONDAY + 1, says('red'));
    expect(walk.changes).toMatchObject([
      { kind: 'level_changed', level: 'red', previousLevel: 'blue', openedAt: MONDAY },
    ]);
  });

  it('clears after three whole working days inside, at midnight, and not before', () => {
    const walk = new Walk().at(MONDAY - US_PER_HOUR, says('yellow')).at(MONDAY, says('none'));
    // Inside since Monday noon: Tuesday, Wednesday and Thursday must pass.
    expect(walk.lookAgainAt).toBe(midnight('2026-04-24'));
    expect(walk.at(midnight('2026-04-24') - 1, says('none')).level).toBe('yellow');
    expect(walk.at(midnight('2026-04-24'), says('none')).changes).toMatchObject([
      { kind: 'cleared', level: 'yellow', openedAt: MONDAY - US_PER_HOUR, late: false },
    ]);
    expect(walk.state.cleared).toEqual({ at: midnight('2026-04-24'), level: 'yellow' });
    expect(walk.at(midnight('2026-04-25'), says('blue')).changes).toMatchObject([{ kind: 'raised', alertId: 'a2' }]);
  });

  it('counts the day from its first moment, and does not count rest days', () => {
    const whole = new Walk().at(MONDAY - 1, says('yellow')).at(midnight('2026-04-21'), says('none'));
    expect(whole.lookAgainAt).toBe(midnight('2026-04-24'));
    // 30 April is a Thursday, 1–5 May are off, 9 May is a Saturday that is worked.
    const holiday = new Walk().at(noon(on('2026-04-30')), says('yellow')).at(noon(on('2026-04-30')) + 1, says('none'));
    expect(holiday.lookAgainAt).toBe(midnight('2026-05-09'));
  });

  it('starts the days anew when the measure comes back to the margin', () => {
    const walk = new Walk()
      .at(MONDAY, says('yellow'))
      .at(MONDAY + 1, says('none'))
      .at(noon(on('2026-04-22')), says('none', 'yellow'))
      .at(noon(on('2026-04-22')) + 1, says('none'));
    expect(walk.lookAgainAt).toBe(midnight('2026-04-28'));
  });

  it('is left level by level: inside red by the margin lowers it to orange, and not further', () => {
    const walk = new Walk().at(MONDAY, says('red')).at(MONDAY + 1, says('yellow', 'orange'));
    walk.at(midnight('2026-04-24'), says('yellow', 'orange'));
    expect(walk.changes).toMatchObject([{ kind: 'level_changed', level: 'orange', previousLevel: 'red' }]);
    expect(walk.state.leftAt).toEqual([null, null, null, midnight('2026-04-24')]);
    expect(walk.lookAgainAt).toBeNull();
    walk.at(midnight('2026-04-25'), says('blue'));
    expect(walk.at(midnight('2026-04-30'), says('blue')).level).toBe('blue');
  });

  it('counts the days of every level by itself', () => {
    // Inside red since Monday, inside orange and yellow since Wednesday.
    const walk = new Walk()
      .at(MONDAY, says('red'))
      .at(MONDAY + 1, says('orange'))
      .at(noon(on('2026-04-22')), says('none'));
    expect(walk.at(midnight('2026-04-24'), says('none')).level).toBe('orange');
    expect(walk.lookAgainAt).toBe(midnight('2026-04-28'));
    expect(walk.at(midnight('2026-04-28'), says('none')).level).toBe('none');
  });

  it('stays as it is when the rule fails or has no data, and the days start anew', () => {
    const walk = new Walk()
      .at(MONDAY, says('orange'))
      .at(MONDAY + 1, says('none'))
      .at(MONDAY + 2, null);
    expect(walk.level).toBe('orange');
    expect(walk.changes).toEqual([]);
    walk.at(midnight('2026-04-24'), says('none'));
    expect(walk.level).toBe('orange');
    expect(walk.lookAgainAt).toBe(midnight('2026-04-29'));
    expect(new Walk().at(MONDAY, null).state).toEqual(newFinding('A01'));
  });
});

describe('late information', () => {
  const late = (then: Level): Partial<LifecycleInput> => ({ newestEventAt: MONDAY - 1, answerAt: () => says(then) });

  it('clears at once what would not have opened, had everything been known', () => {
    const walk = new Walk().at(MONDAY, says('orange')).at(MONDAY + 10, says('none'), late('none'));
    expect(walk.changes).toMatchObject([{ kind: 'cleared', level: 'orange', late: true }]);
    expect(walk.state).toMatchObject({ open: null, cleared: null, alerts: 1, leftAt: [null, null, null, null] });
  });

  it('lowers at once to what would have been found', () => {
    const walk = new Walk().at(MONDAY, says('red')).at(MONDAY + 10, says('none', 'yellow'), late('yellow'));
    expect(walk.changes).toMatchObject([{ kind: 'level_changed', level: 'yellow', previousLevel: 'red', late: true }]);
    expect(walk.state.open?.raises).toEqual([{ level: 'yellow', at: MONDAY, policy: 'p' }]);
  });

  it('takes back only the raises that it explains', () => {
    const walk = new Walk().at(MONDAY - US_PER_HOUR, says('blue')).at(MONDAY, says('red'));
    walk.at(MONDAY + 10, says('none'), {
      newestEventAt: MONDAY - 1,
      answerAt: ({ at }) => says(at === MONDAY ? 'none' : 'blue'),
    });
    expect(walk.changes).toMatchObject([{ kind: 'level_changed', level: 'blue', previousLevel: 'red', late: true }]);
  });

  it('does not clear at once when something newer than the opening is known, or when the limit was passed then as well', () => {
    const newer = new Walk()
      .at(MONDAY, says('orange'))
      .at(MONDAY + 10, says('none'), { newestEventAt: MONDAY + 5, answerAt: () => says('none') });
    expect(newer.level).toBe('orange');
    const passed = new Walk().at(MONDAY, says('orange')).at(MONDAY + 10, says('none'), late('orange'));
    expect(passed.level).toBe('orange');
    const unknown = new Walk()
      .at(MONDAY, says('orange'))
      .at(MONDAY + 10, says('none'), { newestEventAt: MONDAY - 1, answerAt: () => noData('无', 'none') });
    expect(unknown.level).toBe('orange');
    const lost = new Walk()
      .at(MONDAY, says('orange'))
      .at(MONDAY + 10, says('none'), { newestEventAt: MONDAY - 1, answerAt: () => null });
    expect(lost.level).toBe('orange');
    expect(lost.at(midnight('2026-04-24'), says('none')).changes).toMatchObject([{ kind: 'cleared', late: false }]);
  });

  it('clears a finding whose facts were taken back, and only while nothing newer is known', () => {
    const lost = (newestEventAt: Us): Level =>
      new Walk()
        .at(MONDAY, says('orange'))
        .at(MONDAY + 10, null, { newestEventAt, lackedFactsAt: (at) => at === MONDAY }).level;
    expect(lost(MONDAY)).toBe('none');
    expect(lost(MONDAY + 1)).toBe('orange');
    const taken = (known: Partial<LifecycleInput>) =>
      new Walk()
        .at(MONDAY, says('orange'))
        .at(MONDAY + 10, null, { newestEventAt: null, lackedFactsAt: () => true, ...known });
    const { state, changes } = taken({});
    expect(changes).toMatchObject([{ kind: 'cleared', level: 'orange', late: true }]);
    // What never held is nothing that was cleared, and no level that was left.
    expect(state).toMatchObject({ open: null, cleared: null, leftAt: [null, null, null, null] });
    expect(taken({ failed: true }).level).toBe('orange');
    expect(taken({ lackedFactsAt: () => false }).level).toBe('orange');
  });

  it('remembers the raises up to the level that it still has', () => {
    const raises = (walk: Walk) => walk.state.open?.raises.map(({ level, at }) => [level, at]);
    const fallen = new Walk()
      .at(MONDAY, says('yellow'))
      .at(MONDAY + 1, says('red'))
      .at(MONDAY + 2, says('orange'));
    expect(raises(fallen)).toEqual([
      ['yellow', MONDAY],
      ['red', MONDAY + 1],
    ]);
    fallen.at(midnight('2026-04-24'), says('orange'));
    expect(raises(fallen)).toEqual([
      ['yellow', MONDAY],
      ['orange', MONDAY + 1],
    ]);
    fallen.at(midnight('2026-04-24') + 1, says('yellow')).at(midnight('2026-05-07'), says('yellow'));
    expect(raises(fallen)).toEqual([['yellow', MONDAY]]);
    const straight = new Walk()
      .at(MONDAY, says('red'))
      .at(MONDAY + 1, says('blue'))
      .at(midnight('2026-04-24'), says('blue'));
    expect(raises(straight)).toEqual([['blue', MONDAY]]);
  });

  it('takes back raises one by one while nothing newer is known, down to what was true between the levels', () => {
    const risen = () => new Walk().at(MONDAY, says('blue')).at(MONDAY + 5, says('red'));
    const fallen = (then: Level, newestEventAt: Us | null = MONDAY) =>
      risen().at(MONDAY + 9, says('none'), { newestEventAt, answerAt: () => says(then) });
    expect(fallen('red').level).toBe('red');
    // At the moment of the red raise it was yellow: that stands from then on, above the blue one.
    expect(fallen('yellow').state.open).toMatchObject({
      level: 'yellow',
      raises: [
        { level: 'blue', at: MONDAY },
        { level: 'yellow', at: MONDAY + 5 },
      ],
    });
    expect(fallen('blue').state.open).toMatchObject({ level: 'blue', raises: [{ level: 'blue', at: MONDAY }] });
    expect(fallen('none').level).toBe('none');
    expect(fallen('none', null).level).toBe('none');
    // Newer than the first raise and not than the second.
    expect(fallen('none', MONDAY + 1).state.open).toMatchObject({ level: 'blue' });
    expect(fallen('none', MONDAY + 5).state.open).toMatchObject({ level: 'blue' });
    expect(fallen('none', MONDAY + 6).level).toBe('red');
    const unknown = (answerAt: LifecycleInput['answerAt']) =>
      risen().at(MONDAY + 9, says('none'), { newestEventAt: MONDAY, answerAt }).level;
    expect(unknown(() => null)).toBe('red');
    expect(unknown(() => noData('无', 'none'))).toBe('red');
    // What is answered now is no less than what it falls to.
    const now = risen().at(MONDAY + 9, says('orange'), { newestEventAt: MONDAY, answerAt: () => says('none') });
    expect(now.state.open).toMatchObject({ level: 'orange' });
  });

  it('is left at once where a policy asks for no days, and marks only the levels that it leaves', () => {
    const known = { clearWorkingDays: 0 };
    const walk = new Walk().at(MONDAY, says('orange'), known).at(MONDAY + 1, says('blue'), known);
    expect(walk.state).toMatchObject({ open: { level: 'blue' }, leftAt: [null, MONDAY + 1, MONDAY + 1, null] });
    walk.at(MONDAY + 2, says('none'), known);
    expect(walk.state).toMatchObject({
      open: null,
      cleared: { at: MONDAY + 2, level: 'blue' },
      leftAt: [MONDAY + 2, MONDAY + 1, MONDAY + 1, null],
    });
  });

  it('is asked of a raise with the policy and the watch that raised it', () => {
    const asked: unknown[] = [];
    new Walk().at(MONDAY, says('orange'), { policyVersion: 'before', watch: 'own' }).at(MONDAY + 10, says('none'), {
      newestEventAt: MONDAY,
      watch: 'no',
      answerAt: (raise) => {
        asked.push(raise);
        return null;
      },
    });
    expect(asked).toEqual([{ level: 'orange', at: MONDAY, policy: 'before', watch: 'own' }]);
  });

  it('leaves a finding that no event explains alone', () => {
    const walk = new Walk().at(MONDAY, says('blue'), { newestEventAt: null });
    expect(walk.at(MONDAY + 1, says('none'), { newestEventAt: null, answerAt: () => says('none') }).level).toBe('none');
  });
});
