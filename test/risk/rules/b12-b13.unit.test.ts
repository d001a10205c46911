import { describe, expect, it } from 'vitest';
import type { EventData } from '../../../src/events/event.js';
import { rule as b12 } from '../../../src/risk/rules/b12-new-subject-approval.js';
import { rule as b13 } from '../../../src/risk/rules/b13-not-non-profit.js';
import { ask, on, school, steps } from '../builders.js';

type Profile = EventData['institution.upserted'];
const subject = (values: Partial<Profile> = {}) =>
  school().profile({ category: 'subject', stages: ['compulsory'], registration: 'non_profit', ...values });

describe('B12 new subject approval', () => {
  steps(
    b12,
    'compulsory-stage subject licence first issued on',
    (firstIssuedOn: string) => subject({ licence: { state: 'complete', firstIssuedOn } }),
    [
      ['2021-07-25', 'none'],
      ['2021-07-26', 'orange'],
    ],
  );

  it('is not about other stages, other training, or a day that is not known', () => {
    const late = { state: 'complete' as const, firstIssuedOn: '2023-01-01' };
    expect(ask(b12, subject({ licence: late, stages: ['senior'] })).level).toBe('none');
    const other = ask(b12, subject({ licence: late, category: 'non_subject' }));
    expect(other).toMatchObject({ level: 'none', value: 0 });
    expect(other.reason().en).toBe('It does not teach compulsory-stage subjects');
    expect(ask(b12, subject({ licence: late, category: 'mixed' })).level).toBe('orange');
    expect(ask(b12, subject({ licence: { state: 'complete' } })).level).toBe('none');
    expect(ask(b12, subject({ licence: { state: 'complete' } })).value).toBe(0);
    expect(ask(b12, subject({ licence: late })).value).toBe(on('2023-01-01'));
    expect(ask(b12, school()).state).toBe('no_data');
  });
});

describe('B13 not registered as non-profit', () => {
  steps<Profile['registration']>(b13, 'registration', (registration) => subject({ registration }), [
    ['non_profit', 'none'],
    ['none', 'orange'],
    ['for_profit', 'orange'],
  ]);

  it('is about compulsory-stage subject training only', () => {
    const other = ask(b13, subject({ registration: 'for_profit', category: 'non_subject' }));
    expect(other.level).toBe('none');
    expect(other.reason().en).toBe('It does not teach compulsory-stage subjects');
    expect(ask(b13, subject({ registration: 'for_profit' })).reason().zh).toBe(
      '登记为营利，从事义务教育阶段学科类培训',
    );
    expect(ask(b13, subject({ registration: 'for_profit', stages: ['preschool'] })).level).toBe('none');
    expect(ask(b13, subject({ registration: 'for_profit' }))).toMatchObject({
      level: 'orange',
      value: 1,
      threshold: 0,
    });
    expect(ask(b13, subject()).value).toBe(0);
    expect(ask(b13, school()).state).toBe('no_data');
  });
});
