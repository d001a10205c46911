import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b07-above-guide-price.js';
import { ask, school, steps, yuan } from '../builders.js';

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
});
