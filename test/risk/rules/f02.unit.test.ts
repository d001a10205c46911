import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import type { EventData } from '../../../src/events/event.js';
import { rule } from '../../../src/risk/rules/f02-licence-state.js';
import { ask, noon, school, steps, TODAY } from '../builders.js';

type State = EventData['institution.upserted']['licence']['state'];
const licence = (state: State, expiresIn = 500) =>
  school().profile({ licence: { state, expiresOn: formatDay(TODAY + expiresIn) } });
const inspected = (ago: number, data: Partial<EventData['inspection.recorded']>) =>
  licence('complete').register(
    'inspection.recorded',
    { inspectionId: 'i', role: 'grid', findings: ['ok'], ...data },
    noon(TODAY - ago),
  );

describe('F02 licence state', () => {
  steps<State>(rule, 'licence', (state) => licence(state), [
    ['complete', 'none'],
    ['licence_only', 'orange'],
    ['registration_only', 'orange'],
    ['incomplete', 'orange'],
    ['none', 'red'],
  ]);
  steps(rule, 'a complete licence that ends in days:', (days: number) => licence('complete', days), [
    [31, 'none'],
    [30, 'blue'],
    [0, 'blue'],
    [-1, 'orange'],
  ]);

  it('names the registration that tells the licence now, after an inspection that saw another, and no older one', () => {
    const again = inspected(10, { licenceSeen: 'none' }).profile({}, noon(TODAY - 20));
    const { profileEvents, registers } = again.rows();
    const named = (one: typeof again) =>
      ask(rule, one)
        .evidence()
        .map(({ id }) => id);
    expect(profileEvents).toHaveLength(2);
    expect(named(again)).toEqual([registers['inspection.recorded']![0]!.id, profileEvents[1]!.id]);
    const renewed = licence('incomplete').profile({ licence: { state: 'incomplete' } }, noon(TODAY - 5));
    expect(named(renewed)).toEqual([renewed.rows().profileEvents[1]!.id]);
  });

  it('counts one day in the singular', () => {
    expect(ask(rule, licence('complete', 1)).reason().en).toContain(', 1 day until it expires');
    expect(ask(rule, licence('complete', -1)).reason().en).toContain(', expired 1 day ago');
  });

  it('tells days beside days: of what is not complete none is left', () => {
    expect(ask(rule, licence('none', 400))).toMatchObject({ level: 'red', value: 0, threshold: 0, unit: 'days' });
    expect(ask(rule, licence('incomplete', -3))).toMatchObject({ level: 'orange', value: -3, threshold: 0 });
    expect(ask(rule, licence('complete', 12))).toMatchObject({ level: 'blue', value: 12, threshold: 30 });
  });

  it('takes what an inspection saw later than the registry told', () => {
    expect(ask(rule, inspected(10, { licenceSeen: 'none' })).level).toBe('red');
    expect(ask(rule, inspected(10, { licenceSeen: 'registration_only' })).level).toBe('orange');
    expect(ask(rule, inspected(10, { findings: ['unlicensed'] })).level).toBe('orange');
    expect(ask(rule, inspected(200, { licenceSeen: 'none' })).level).toBe('none');
    expect(ask(rule, inspected(10, {})).level).toBe('none');
  });

  it('looks again thirty days before the end and the day after it', () => {
    expect(ask(rule, licence('complete', 100)).lookAgainAt).toBe(startOfDay(TODAY + 70));
    expect(ask(rule, licence('complete', 10)).lookAgainAt).toBe(startOfDay(TODAY + 11));
    expect(ask(rule, licence('complete', -1)).lookAgainAt).toBeNull();
    expect(ask(rule, school()).state).toBe('no_data');
  });

  it('takes an inspection alone where nothing is registered, and tells no end where none is known', () => {
    const alone = school().register(
      'inspection.recorded',
      { inspectionId: 'i', role: 'grid', findings: ['unlicensed'] },
      noon(TODAY - 1),
    );
    expect(ask(rule, alone)).toMatchObject({ state: 'answered', level: 'orange', value: 0, lookAgainAt: null });
    const endless = school().profile({ licence: { state: 'complete' } });
    expect(ask(rule, endless)).toMatchObject({ level: 'none', value: 0, lookAgainAt: null });
    expect(ask(rule, licence('complete', 12))).toMatchObject({ value: 12, threshold: 30 });
    expect(ask(rule, licence('complete', -3))).toMatchObject({ value: -3, threshold: 0 });
    expect(ask(rule, licence('none')).threshold).toBe(0);
  });

  it('compares with the newest registration and the newest inspection up to now', () => {
    const again = (state: State, ago: number) =>
      inspected(10, { licenceSeen: 'none' }).profile({ licence: { state } }, noon(TODAY - ago));
    expect(ask(rule, again('complete', 5)).level).toBe('none');
    expect(ask(rule, again('complete', 20)).level).toBe('red');
    const two = inspected(10, { licenceSeen: 'none' }).register(
      'inspection.recorded',
      { inspectionId: 'j', role: 'grid', findings: ['ok'], licenceSeen: 'complete' },
      noon(TODAY),
    );
    expect(ask(rule, two, { now: noon(TODAY) }).level).toBe('none');
    expect(ask(rule, two, { now: noon(TODAY) - 1 }).level).toBe('red');
    // The one of today did not look at licences.
    const other = inspected(10, { licenceSeen: 'none' }).register(
      'inspection.recorded',
      { inspectionId: 'j', role: 'grid', findings: ['ok'] },
      noon(TODAY - 1),
    );
    expect(ask(rule, other).level).toBe('red');
  });
});
