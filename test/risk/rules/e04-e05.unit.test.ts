import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { isRaisedByWatching } from '../../../src/risk/ask.js';
import type { LinkedInstitution } from '../../../src/risk/facts/rows.js';
import { rule as e04 } from '../../../src/risk/rules/e04-watch-list.js';
import { rule as e05 } from '../../../src/risk/rules/e05-linked-institutions.js';
import { RULES } from '../../../src/risk/rules/list.js';
import { ask, depositSchool, noon, school, steps, TODAY, yuan } from '../builders.js';

describe('E04 watch list', () => {
  const flagged = (one: ReturnType<typeof school>) => ask(e04, one).flag;
  it.each([
    ['¥2m unearned', school().unearned(yuan(2_000_000)), school().unearned(yuan(2_000_000) - 1)],
    ['500 active learners', school().learners(500), school().learners(499)],
    [
      'three open sites',
      school().profile({ sites: [{ siteId: 'a' }, { siteId: 'b' }, { siteId: 'c' }] }),
      school().profile({ sites: [{ siteId: 'a' }, { siteId: 'b' }, { siteId: 'c', closedOn: formatDay(TODAY) }] }),
    ],
    ['the largest of the county', school().with({ countyTopShare: true }), school()],
    [
      '¥200,000 unearned in deposit mode',
      depositSchool(0).unearned(yuan(200_000)),
      depositSchool(0).unearned(yuan(200_000) - 1),
    ],
  ])('flags %s and not just below', (_, at, below) => {
    expect(flagged(at)).toBe(true);
    expect(flagged(below)).toBe(false);
  });

  it('raises rules about money and refunds, and not those that may only tell of the bank’s data', () => {
    const raised = RULES.filter(isRaisedByWatching).map(({ id }) => id);
    expect(raised).toContain('A01');
    expect(raised).toContain('A08');
    expect(raised).toContain('C04');
    expect(raised).not.toContain('A06');
    expect(raised).not.toContain('A07');
    expect(raised.filter((id) => !/^[AC]/.test(id))).toEqual([]);
  });

  it('is no finding itself', () => {
    expect(ask(e04, school().learners(900))).toMatchObject({ level: 'none', holdLevel: 'none' });
  });
});

describe('E05 linked institutions', () => {
  const linked = (by: LinkedInstitution['by'], level: LinkedInstitution['level']) =>
    school().with({ links: [{ institutionId: 'X-370702-1', by, level, shared: 3 }] });
  steps<readonly [LinkedInstitution['by'], LinkedInstitution['level']]>(
    e05,
    'tied by and its level:',
    ([by, level]) => linked(by, level),
    [
      [['legal_rep', 'orange'], 'none'],
      [['legal_rep', 'red'], 'yellow'],
      [['controller', 'red'], 'yellow'],
      [['brand', 'red'], 'yellow'],
      [['account', 'red'], 'orange'],
      [['teachers', 'red'], 'orange'],
      [['account', 'orange'], 'none'],
    ],
  );

  it('takes three teachers in common for a pool, and counts an institution once', () => {
    const sharing = (shared: number) =>
      school().with({ links: [{ institutionId: 'X-370702-1', by: 'teachers', level: 'red', shared }] });
    expect(ask(e05, sharing(2)).level).toBe('none');
    expect(ask(e05, sharing(3)).level).toBe('orange');
    const twice = (['legal_rep', 'controller'] as const).map((by) => ({
      institutionId: 'X-370702-1',
      by,
      level: 'red' as const,
      shared: 1,
    }));
    expect(ask(e05, school().with({ links: twice }))).toMatchObject({ value: 1, threshold: 1 });
    expect(ask(e05, sharing(3)).threshold).toBe(1);
  });

  it('names what told of the thing that is shared', () => {
    const tiedBy = (...by: LinkedInstitution['by'][]) =>
      ask(
        e05,
        school()
          .profile({ brand: 'Sun' }, noon(TODAY - 9))
          .profile({ controllerHashes: ['c'.repeat(16)] }, noon(TODAY - 8))
          .profile({}, noon(TODAY - 7))
          .with({ links: by.map((kind) => ({ institutionId: 'X-370702-1', by: kind, level: 'red', shared: 3 })) }),
      ).evidence();
    const [brand] = tiedBy('brand');
    const [controller] = tiedBy('controller');
    expect(brand).not.toEqual(controller);
    expect(tiedBy('brand', 'controller')).toEqual([brand, controller]);
    expect(tiedBy('account')).toHaveLength(1);
    expect(tiedBy('teachers')).toEqual([]);
  });

  it('is not asked where links are not known', () => {
    expect(ask(e05, school()).state).toBe('not_applicable');
  });
});
