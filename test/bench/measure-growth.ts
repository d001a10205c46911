import { rmSync } from 'node:fs';
import { type Bench, historyOf } from './context.js';
import { type Figure, figure, type Measured, measured, perSecond } from './figures.js';
import { intakeOf } from './lab.js';
import { takePath } from './measure-file.js';
import { difference } from './measure-http.js';
import { percentiles } from './meter.js';
import { institutionsFor } from './scale.js';

const MILLION = 1_000_000;
/** Without `--millions`: so many equal parts of the events, to see the run work. */
const PARTS_WHEN_SMALL = 4;
/** The last part may be so much slower than the first full one. */
const FLAT_SHARE = 0.8;

/** The rate of each million while the history grows: one city, one database, file after file. */
export async function measureGrowth(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  const parts = scale.millions || PARTS_WHEN_SMALL;
  const perPart = scale.millions > 0 ? MILLION : Math.ceil(scale.events / PARTS_WHEN_SMALL);
  const history = historyOf(bench, { events: parts * perPart, institutions: institutionsFor(parts * perPart) });
  const database = await lab.database();
  const figures: Figure[] = [];
  try {
    for (let part = 1; part <= parts; part += 1) {
      const name = scale.millions > 0 ? `growth: million ${part}` : `growth: quarter ${part}`;
      bench.say(name);
      const path = lab.file(`growth-${part}.ndjson`);
      history.writeFile(path, (written) => written.lines >= perPart);
      const before = lab.cpu();
      const taken = await takePath(intakeOf(database.pool), path);
      const after = lab.cpu();
      rmSync(path);
      const times = percentiles(taken.batchMs);
      figures.push(
        figure({
          name,
          count: taken.read,
          seconds: taken.seconds,
          times: times && { ...times, of: 'batch' },
          cpu: { node: after.node - before.node, postgres: difference(after.postgres, before.postgres) },
        }),
      );
    }
  } finally {
    await database.drop();
  }
  const [first, last] = [perSecond(figures[0]!), perSecond(figures.at(-1)!)];
  const flat = {
    text: `the last million at least ${FLAT_SHARE * 100} % as fast as the first`,
    measured: `${((last / first) * 100).toFixed(0)} %`,
    reached: last >= first * FLAT_SHARE,
  };
  return measured({ figures, aims: scale.millions > 1 ? [flat] : [] });
}
