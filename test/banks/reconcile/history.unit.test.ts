import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { parseDay } from '../../../src/core/time.js';
import { Model } from '../../../src/model/model.js';
import { decodeLine, expectedBooks, historyLines } from '../../support/history.js';
import { reconcileModel } from './support.js';

it('finds no break in a city whose banks are honest, though its history is disordered and partly refused', () => {
  const model = new Model(CHINA_CALENDAR);
  for (const line of historyLines()) {
    const decoded = decodeLine(line);
    if (decoded.ok) model.book(decoded.event);
  }
  let matched = 0;
  for (const { institutionId } of expectedBooks()) {
    const { breaks, groups } = reconcileModel(model, institutionId, parseDay('2026-07-02')!);
    expect(breaks).toEqual([]);
    matched += Object.values(groups).flat().length;
  }
  expect(matched).toBeGreaterThan(1_000);
});
