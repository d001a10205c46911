import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { Model } from '../../src/model/model.js';
import {
  comparable,
  decodeLine,
  expectedBooks,
  expectedRejects,
  historyAsOf,
  historyLines,
} from '../support/history.js';

it('gives the expected books of a disordered history and rejects exactly its faulty lines', () => {
  const model = new Model(CHINA_CALENDAR);
  const rejected: number[] = [];
  const codes = new Map<number, string>();
  historyLines().forEach((line, at) => {
    const decoded = decodeLine(line);
    const outcome = decoded.ok
      ? model.book(decoded.event)
      : { kind: 'rejected' as const, code: decoded.rejection.code };
    if (outcome.kind !== 'rejected') return;
    rejected.push(at + 1);
    codes.set(at + 1, outcome.code);
  });
  expect(rejected).toEqual(expectedRejects().map((reject) => reject.line));
  for (const reject of expectedRejects()) if (reject.code) expect(codes.get(reject.line)).toBe(reject.code);
  for (const expected of expectedBooks()) {
    const [got, wanted] = comparable(model.quantities(expected.institutionId, historyAsOf()), expected);
    expect(got).toEqual(wanted);
  }
});
