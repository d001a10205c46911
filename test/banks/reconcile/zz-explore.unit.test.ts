import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { formatDay, parseDay } from '../../../src/core/time.js';
import { Model } from '../../../src/model/model.js';
import { decodeLine, historyLines } from '../../support/history.js';
import { reconcileModel } from './support.js';

it('explore', () => {
  const model = new Model(CHINA_CALENDAR);
  for (const line of historyLines()) {
    const d = decodeLine(line);
    if (d.ok) model.book(d.event);
  }
  const labels = JSON.parse(readFileSync(new URL('../../fixtures/history/labels.json', import.meta.url), 'utf8'));
  for (const l of labels) {
    const t0 = performance.now();
    const r = reconcileModel(model, l.id, '2026-07-02');
    const ms = performance.now() - t0;
    const hows: Record<string, number> = {};
    for (const [rel, gs] of Object.entries(r.groups))
      for (const g of gs) hows[`${rel}/${g.how}`] = (hows[`${rel}/${g.how}`] ?? 0) + 1;
    console.log(
      l.id,
      l.kind,
      l.archetype,
      l.mode,
      'breaks',
      r.breaks.length,
      JSON.stringify(hows),
      ms.toFixed(0),
      JSON.stringify(r.inTransit, (_, v) => (typeof v === 'bigint' ? Number(v) : v)),
    );
    for (const b of r.breaks.slice(0, 12))
      console.log(
        '   ',
        b.kind,
        b.comparison,
        b.accountId,
        formatDay(b.day),
        b.amountFen,
        b.reason.en,
        b.events.length,
      );
  }
});
