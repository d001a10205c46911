import type { Point } from './measure.js';
import type { Trial, Tuning } from './tune.js';

/** The trade-off of a tuning as one HTML file without anything from outside. Pure. */
export function tuneHtml(tuning: Tuning, limit: number): string {
  const { base, trials, proposal } = tuning;
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>阈值调整建议 · Threshold proposal</title><style>${STYLE}</style></head><body>
<h1>阈值调整建议 <span lang="en">Threshold proposal</span></h1>
<p>由人决定是否采用。 <span lang="en">A person decides.</span></p>
${curve(tuning, limit)}
<h2>各次回测 <span lang="en">Trials</span></h2>
${trialTable(base, trials)}
<h2>建议 <span lang="en">Proposal</span></h2>
${proposal === null ? '<p>现行阈值不劣于任何一次。 <span lang="en">No trial is better than the policy as it is.</span></p>' : table(proposal.trials.map(row).concat([['合计 together', '', '', ...cells(proposal.point)]]))}
</body></html>
`;
}

/** What each trial comes to, below the policy as it is. */
export function trialTable(base: Point, trials: readonly Trial[]): string {
  return table([['—', '1', '', ...cells(base)], ...trials.map(row)]);
}

const STYLE = `body{font:14px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:960px;margin:24px auto;padding:0 16px}
span[lang=en]{color:#5c6773}table{border-collapse:collapse}th,td{border:1px solid #d5dbe1;padding:3px 8px;text-align:right}td:first-child{text-align:left}th{background:#f2f5f8}`;
const HEADS = [
  '阈值 Threshold',
  '系数 Factor',
  '值 Values',
  '14 天召回 Found at 14 d',
  '中位提前 Median lead',
  '最差一周 Worst week',
  '健康机构·周 Healthy weeks',
  '必须触发 Must',
  '黄色及以上预警 Warnings',
];
const SIZE = { width: 560, height: 300, margin: 48 };

/** Recall upwards, false alarms to the right: up and left is better. */
function curve({ base, trials, proposal }: Tuning, limit: number): string {
  const points = [base, ...trials.map((trial) => trial.point), ...(proposal ? [proposal.point] : [])];
  const right = Math.max(limit * 1.5, ...points.map((point) => point.worstWeekShare)) * 1.05;
  const low = Math.min(...points.map(recall), 1) - 0.02;
  const x = (point: Point): number => SIZE.margin + (point.worstWeekShare / right) * (SIZE.width - SIZE.margin - 10);
  const y = (point: Point): number =>
    10 + (1 - (recall(point) - low) / (1.01 - low)) * (SIZE.height - SIZE.margin - 10);
  const dot = (point: Point, colour: string, title: string): string =>
    `<circle cx="${x(point).toFixed(1)}" cy="${y(point).toFixed(1)}" r="5" fill="${colour}" fill-opacity="0.7"><title>${escaped(title)}</title></circle>`;
  const bar = SIZE.margin + (limit / right) * (SIZE.width - SIZE.margin - 10);
  return `<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" role="img">
<line x1="${bar}" x2="${bar}" y1="10" y2="${SIZE.height - SIZE.margin}" stroke="#b3261e" stroke-dasharray="4 4"/>
<line x1="${SIZE.margin}" x2="${SIZE.width}" y1="${SIZE.height - SIZE.margin}" y2="${SIZE.height - SIZE.margin}" stroke="#aab4be"/>
<text x="${SIZE.margin}" y="${SIZE.height - 14}" font-size="11">最差一周健康机构橙色占比 worst week, 0 … ${percent(right)}</text>
<text x="2" y="14" font-size="11">召回 recall</text><text x="2" y="${SIZE.height - SIZE.margin}" font-size="11">${percent(low)}</text>
${trials.map((trial) => dot(trial.point, '#6b7b8c', `${trial.subject} × ${trial.factor}`)).join('')}${dot(base, '#1b5e9b', 'base')}${proposal ? dot(proposal.point, '#1b7f3b', 'proposal') : ''}
</svg><p>蓝：现行；灰：各次；绿：建议；虚线：上限 ${percent(limit)}。 <span lang="en">Blue: as it is; grey: trials; green: proposal; dashed: the limit.</span></p>`;
}

function row({ subject, factor, values, point }: Trial): string[] {
  const shown = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return [subject, String(factor), shown.join(', '), ...cells(point)];
}

function cells(point: Point): string[] {
  return [
    `${point.found}/${point.eligible} = ${percent(recall(point))}`,
    point.medianLeadDays === null ? '–' : `${point.medianLeadDays} d`,
    percent(point.worstWeekShare),
    String(point.healthyWeeks),
    `${point.mustRaised}/${point.mustAsked}`,
    String(point.warnings),
  ];
}

function recall({ found, eligible }: Point): number {
  return eligible === 0 ? 1 : found / eligible;
}

function table(rows: readonly (readonly string[])[]): string {
  const line = (tag: 'th' | 'td', cellsOf: readonly string[]): string =>
    `<tr>${cellsOf.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line('th', HEADS)}${rows.map((one) => line('td', one)).join('\n')}</table>`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
