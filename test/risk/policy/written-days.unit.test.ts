import { expect, it } from 'vitest';
import { checkPolicy } from '../../../src/risk/policy/policy.js';
import { withNumberedDays } from '../../../src/risk/policy/written-days.js';
import { on } from '../builders.js';
import { entry, policyOf } from './support.js';

const written = (rule: string, params: Record<string, unknown>) =>
  policyOf({
    ...entry(rule, '370700', {}),
    params: Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, { value, source: 'rule', note: 'school calendar' }]),
    ),
  } as ReturnType<typeof entry>);

it('takes a day as it is written or as the number that it is inside', () => {
  const policy = checkPolicy(written('B11', { vacationFrom: '2027-01-25', vacationTo: on('2027-02-21') })).policy!;
  const params = Object.values(policy.entries[0]!.params).map(({ value }) => value);
  expect(params).toEqual([on('2027-01-25'), on('2027-02-21')]);
});

it('refuses days that do not exist, days in the wrong order, and days where no day is meant', () => {
  const faultOf = (rule: string, params: Record<string, unknown>) => checkPolicy(written(rule, params)).faults[0];
  expect(faultOf('B11', { vacationFrom: '2027-02-30', vacationTo: '2027-03-01' })).toEqual({
    path: 'entries.0.params.vacationFrom.value',
    message: 'must be an integer, or for a day YYYY-MM-DD',
  });
  expect(faultOf('B11', { vacationFrom: '2027-02-21', vacationTo: '2027-01-25' })!.message).toContain(
    'vacationFrom is above vacationTo',
  );
  expect(faultOf('B11', { windowDays: '2027-01-25' })).toEqual({
    path: 'entries.0.params.windowDays.value',
    message: 'must be an integer, or for a day YYYY-MM-DD',
  });
});

it('leaves what is no policy as it is', () => {
  for (const other of [null, 7, [], {}, { entries: 1 }]) expect(withNumberedDays(other)).toBe(other);
  const odd = { entries: [null, 1, { rule: 'B11', params: null }, { rule: 7, params: { a: 1 } }] };
  expect(withNumberedDays(odd)).toEqual(odd);
});
