import { type Aim, type Figure, type Measured, perSecond, thousands } from './figures.js';

export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly platform: string;
  /** Of the last minute, before the run and after it. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export interface Report {
  readonly at: string;
  readonly command: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly measured: Measured;
}

const HEADINGS = [
  'measurement',
  'per second',
  'counted',
  'seconds',
  'p50 ms',
  'p99 ms',
  'node µs each',
  'PostgreSQL µs each',
  'peak MB',
  'of the limit',
] as const;

/** The whole run as Markdown. */
export function toMarkdown(report: Report): string {
  const { machine, measured } = report;
  const parts = [
    `# Bench of ${report.at}`,
    `Written by \`${report.command}\` in ${report.seconds.toFixed(0)} s; how to read it: [docs/bench.md](../docs/bench.md).`,
    `${machine.processors} processors (${machine.model}), ${(machine.memoryBytes / 1024 ** 3).toFixed(0)} GiB, ${machine.platform}, Node ${machine.node}. Load average ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after${busy(machine)}.`,
    [HEADINGS, HEADINGS.map(() => '---'), ...measured.figures.map(cells)]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n'),
    measured.figures.flatMap((one) => (one.note === null ? [] : [`- ${one.name}: ${one.note}`])).join('\n'),
    measured.aims.length === 0 ? '' : ['Aims:', '', ...measured.aims.map(aimLine)].join('\n'),
    [
      ...measured.skipped.map((reason) => `**Skipped**: ${reason}`),
      ...measured.failed.map((reason) => `**Failed**: ${reason}`),
    ].join('\n\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The whole run for a terminal. */
export function toTable(report: Report): string {
  const rows = [HEADINGS as readonly string[], ...report.measured.figures.map(cells)];
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
  );
  const notes = report.measured.figures.flatMap((one) => (one.note === null ? [] : [`  ${one.name}: ${one.note}`]));
  const aims = report.measured.aims.map((aim) => `  ${aimText(aim)}`);
  const missing = [
    ...report.measured.skipped.map((reason) => `SKIPPED: ${reason}`),
    ...report.measured.failed.map((reason) => `FAILED: ${reason}`),
  ];
  return [
    ...lines,
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...(aims.length > 0 ? ['', ...aims] : []),
    ...missing,
  ].join('\n');
}

function cells(one: Figure): string[] {
  const rate = perSecond(one);
  const each = (seconds: number | null | undefined): string =>
    seconds === null || seconds === undefined || one.count === 0 ? '' : ((seconds * 1_000_000) / one.count).toFixed(1);
  return [
    one.name,
    `${thousands(rate)}${one.unit === 'events' ? '' : ` ${one.unit}`}`,
    thousands(one.count),
    one.seconds.toFixed(1),
    one.times ? one.times.p50.toFixed(1) : '',
    one.times ? `${one.times.p99.toFixed(1)} /${one.times.of}` : '',
    each(one.cpu?.node),
    each(one.cpu?.postgres),
    one.peakMemory === null ? '' : thousands(one.peakMemory / 1_000_000),
    one.limit === null ? '' : `${((rate / one.limit.perSecond) * 100).toFixed(0)} %`,
  ];
}

function aimLine(aim: Aim): string {
  return `- ${aimText(aim)}`;
}

function aimText(aim: Aim): string {
  return `${aim.reached ? 'reached' : 'MISSED'}: ${aim.text}; measured ${aim.measured}`;
}

function busy(machine: Machine): string {
  return Math.max(machine.loadBefore, machine.loadAfter - machine.processors) > machine.processors
    ? ': **others used the machine, so that these rates are too low**'
    : '';
}
