import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b07-above-guide-price.js';
import { ask, noon, school, steps, TODAY, yuan } from '../builders.js';

const priced = (fen: number, courseKind: 'subject' | 'non_subject' = 'subject') =>
  school().contract({ courseKind, hoursPaid: 10, priceFen: fen });
const guide = { params: { guideFenPerHour: yuan(40) } };

describe('B07 above guide price', () => {
  steps(
    rule,
    'guide ¥40 and 10% above it allowed, ten hours for fen',
    (fen: number) => priced(fen),
    [
      [yuan(440), 'none'],
      [yuan(440) + 1, 'yellow'],
    ],
    guide,
  );

  it('is for subject contracts, and for places with a guide price', () => {
    expect(ask(rule, priced(yuan(4_000), 'non_subject'), guide).level).toBe('none');
    expect(ask(rule, priced(yuan(4_000))).state).toBe('not_applicable');
  });

  it('names the dearest contract first', () => {
    const two = priced(yuan(450)).contract({ courseKind: 'subject', hoursPaid: 10, priceFen: yuan(500) });
    expect(ask(rule, two, guide).evidence()[0]).toMatchObject({ id: two.rows().contracts[1]!.id });
  });

  it('tells more per hour than is allowed, however little it is', () => {
    expect(ask(rule, priced(yuan(440) + 1), guide)).toMatchObject({ level: 'yellow', value: 4_401, threshold: 4_400 });
    expect(ask(rule, priced(yuan(450)), guide).value).toBe(4_500);
    const two = priced(yuan(500)).contract({ courseKind: 'subject', hoursPaid: 10, priceFen: yuan(450) });
    expect(ask(rule, two, guide).value).toBe(5_000);
    expect(ask(rule, priced(yuan(440)), guide).value).toBe(0);
  });

  it('looks at the contracts of thirty days that name hours', () => {
    const signed = (ago: number, hoursPaid = 10) =>
      school().contract({ courseKind: 'subject', hoursPaid, priceFen: yuan(4_000), signedOn: TODAY - ago });
    expect(ask(rule, signed(29), guide).level).toBe('yellow');
    expect(ask(rule, signed(30), guide).level).toBe('none');
    expect(ask(rule, signed(5, 0), guide).level).toBe('none');
    expect(ask(rule, signed(0), { ...guide, now: noon(TODAY) }).level).toBe('yellow');
    expect(ask(rule, signed(0), { ...guide, now: noon(TODAY) - 1 }).level).toBe('none');
  });
});
