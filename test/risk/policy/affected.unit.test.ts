import { describe, expect, it } from 'vitest';
import { FeewardenError } from '../../../src/core/errors.js';
import { isAffected, type PolicyPlace } from '../../../src/risk/policy/affected.js';
import { twoPersons } from '../../../src/risk/policy/persons.js';
import { on } from '../builders.js';
import { entry, valid } from './support.js';

const TODAY = on('2026-06-01');
const place: PolicyPlace = { regionCode: '370702', category: 'subject', modes: ['per_lesson'] };
const none = valid('none');
const affected = (after: ReturnType<typeof valid>, changes: Partial<PolicyPlace> = {}) =>
  isAffected({ ...place, ...changes }, none, after, TODAY);

describe('whom another policy concerns', () => {
  it('is the region and what lies in it, and nobody else', () => {
    const after = valid('b', entry('A08', '370700', { blueWorkingDays: 1 }));
    expect(affected(after)).toBe(true);
    expect(affected(after, { regionCode: '370600' })).toBe(false);
    expect(affected(after, { regionCode: null })).toBe(false);
  });

  it('is the category, and whoever has an account of the mode', () => {
    const after = valid(
      'b',
      entry('A08', '000000', { blueWorkingDays: 1 }, { category: 'subject', mode: 'per_lesson' }),
    );
    expect(affected(after)).toBe(true);
    expect(affected(after, { category: 'non_subject' })).toBe(false);
    expect(affected(after, { modes: ['deposit', 'per_lesson'] })).toBe(true);
    expect(affected(after, { modes: ['deposit'] })).toBe(false);
  });

  it('is also who has to look again on a later day, but not for a day that has passed', () => {
    const later = entry('A08', '370702', { blueWorkingDays: 1 }, { validFrom: '2026-09-01' });
    const passed = entry('A08', '370702', { blueWorkingDays: 1 }, { validTo: '2026-05-31' });
    expect(affected(valid('b', later))).toBe(true);
    expect(affected(valid('b', passed))).toBe(false);
    expect(isAffected(place, valid('b', later), none, TODAY)).toBe(true);
  });

  it('is nobody when only the name changes, or what is said is the default', () => {
    expect(affected(valid('other'))).toBe(false);
    expect(affected(valid('b', entry('A08', '000000', { blueWorkingDays: 2 })))).toBe(false);
  });
});

describe('two persons', () => {
  const code = (author?: string, approver?: string): string | null => {
    try {
      twoPersons(author, approver);
      return null;
    } catch (error) {
      return error instanceof FeewardenError ? error.code : String(error);
    }
  };

  it('are an author and another person who approves', () => {
    expect(twoPersons(' Li Na ', 'Wang Wei')).toEqual({ author: 'Li Na', approver: 'Wang Wei' });
    expect(code(undefined, 'Wang Wei')).toBe('second_person_needed');
    expect(code('Li Na', undefined)).toBe('second_person_needed');
    expect(code('Li Na', '  ')).toBe('second_person_needed');
  });

  it('are not one person written in two ways', () => {
    expect(code('Li Na', 'li  NA ')).toBe('second_person_needed');
    expect(code('李娜', '李娜')).toBe('second_person_needed');
    expect(code('李娜', '李　娜')).toBe('second_person_needed');
    expect(code('李娜', '李\u200b娜')).toBe('second_person_needed');
    expect(code('ＬｉＮａ', 'LiNa')).toBe('second_person_needed');
  });
});
