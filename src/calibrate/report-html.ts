import type { BacktestReport, Recall, ReportWithSensitivity, ShapeReport } from './report.js';
import { trialTable } from './tune-html.js';

/** A title in the two languages of the product. */
interface Title {
  readonly zh: string;
  readonly en: string;
}

/** The report as one HTML file without anything from outside: styles and drawings are inside. Pure. */
export function reportHtml(report: ReportWithSensitivity): string {
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>回测报告 · Back-test report</title><style>${STYLE}</style></head><body>
<h1>回测报告 <span lang="en">Back-test report</span></h1>
${summary(report)}
${section({ zh: '各类倒闭形态：召回与提前天数', en: 'Recall and lead time per shape of failure' }, recallTable(report))}
${section({ zh: '首个橙色及以上由哪条规则给出', en: 'Which rule came to orange first' }, firstRules(report.shapes))}
${section({ zh: '健康机构每周达到各级的比例', en: 'Share of healthy institutions at each level, per week' }, weekChart(report))}
${section({ zh: '必须触发的规则', en: 'Rules that must be raised' }, mustTable(report))}
${section({ zh: '14 天前未发现的倒闭机构', en: 'Failing, with a sign, and not found 14 days before' }, notFoundTable(report))}
${section({ zh: '健康机构到达橙色及以上', en: 'Healthy institutions at orange or above' }, troubledTable(report))}
${section({ zh: '各规则预警数', en: 'Alerts per rule' }, ruleTable(report))}
${section({ zh: '阈值敏感性', en: 'Threshold sensitivity' }, sensitivity(report))}
${section({ zh: '逐周明细', en: 'Week by week' }, weekTable(report))}
</body></html>
`;
}

const STYLE = `body{font:14px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:1080px;margin:24px auto;padding:0 16px;color:#1d2530}
h1{font-size:22px}h2{font-size:16px;margin-top:28px}span[lang=en]{color:#5c6773;font-weight:400}
table{border-collapse:collapse;margin:8px 0}th,td{border:1px solid #d5dbe1;padding:3px 8px;text-align:right}
th{background:#f2f5f8;font-weight:600}td:first-child,th:first-child{text-align:left}.bad{color:#b3261e;font-weight:600}
.cards{display:flex;flex-wrap:wrap;gap:12px}.card{border:1px solid #d5dbe1;border-radius:6px;padding:8px 14px;min-width:150px}
.card b{display:block;font-size:20px}svg{max-width:100%;height:auto}`;

function section({ zh, en }: Title, body: string): string {
  return `<h2>${zh} <span lang="en">${en}</span></h2>\n${body}`;
}

function summary(report: BacktestReport): string {
  const { institutions } = report;
  const at14 = report.recall.find((one) => one.days === 14);
  const cards: [Title, string][] = [
    [{ zh: '期间', en: 'Weeks' }, `${report.from ?? '–'} … ${report.to ?? '–'}`],
    [{ zh: '策略版本', en: 'Policy' }, report.policyVersion],
    [
      { zh: '健康 / 倒闭 / 违规', en: 'Healthy / failing / violating' },
      `${institutions.healthy} / ${institutions.failing} / ${institutions.violating}`,
    ],
    [{ zh: '提前 14 天召回', en: 'Recall 14 days before' }, at14 ? recallText(at14) : '–'],
    [{ zh: '提前天数中位数', en: 'Median lead' }, days(report.medianLeadDays)],
    [
      { zh: '最差一周健康机构橙色及以上', en: 'Healthy at orange or above, worst week' },
      report.worstWeek ? `${percent(report.worstWeek.share)} (${report.worstWeek.monday})` : '–',
    ],
    [{ zh: '必须触发', en: 'Must be raised' }, `${report.must.raised} / ${report.must.asked}`],
    [
      { zh: '每名检查员每周黄色及以上', en: 'Yellow or above per inspector and week' },
      `${report.workload.meanPerInspectorAndWeek} (max ${report.workload.worstPerInspectorAndWeek}; ${report.workload.inspectors})`,
    ],
  ];
  return `<div class="cards">${cards
    .map(
      ([{ zh, en }, value]) => `<div class="card">${zh}<br><span lang="en">${en}</span><b>${escaped(value)}</b></div>`,
    )
    .join('')}</div>`;
}

function recallTable({ shapes, recall }: BacktestReport): string {
  const heads = [
    '形态 Shape',
    'n',
    ...recall.map((one) => `≥ ${one.days} d`),
    '中位提前 Median lead',
    '首个迹象 First sign',
  ];
  const rows = shapes.map((shape) => [
    shape.shape,
    String(shape.institutions),
    ...shape.recall.map(recallText),
    days(shape.medianLeadDays),
    days(shape.medianSignDays),
  ]);
  const all = [
    '全部 All',
    String(shapes.reduce((sum, one) => sum + one.institutions, 0)),
    ...recall.map(recallText),
    '',
    '',
  ];
  return `${table(heads, [...rows, all])}<p>每格：达到橙色及以上 / 当时已有迹象者；仅凭单条预警者在括号内。<br>
<span lang="en">Each cell: found / those that showed a sign by then; in brackets by single alerts, without cases that several yellow ones make orange.</span></p>`;
}

function recallText({ eligible, found, foundByAlert }: Recall): string {
  if (eligible === 0) return '–';
  return `${found}/${eligible} = ${percent(found / eligible)} (${foundByAlert})`;
}

function firstRules(shapes: readonly ShapeReport[]): string {
  const shown = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .slice(0, 10)
      .map(([rule, count]) => `${rule} ${count}`)
      .join(', ');
  return table(
    ['形态 Shape', '首个橙色 First at orange', '停课前黄色及以上 At yellow or above before the stop'],
    shapes.map((shape) => [shape.shape, shown(shape.firstRules), shown(shape.contributingRules)]),
  );
}

const CHART = { width: 960, height: 180, left: 48, bottom: 22 };

/** Lines of the weekly shares at yellow and at orange. */
function weekChart({ weeks, institutions }: BacktestReport): string {
  if (weeks.length === 0 || institutions.healthy === 0) return '<p>–</p>';
  const share = (count: number): number => count / institutions.healthy;
  const top = Math.max(0.02, ...weeks.map((week) => share(week.healthyYellow)));
  const x = (at: number): number => CHART.left + (at * (CHART.width - CHART.left - 8)) / Math.max(1, weeks.length - 1);
  const y = (value: number): number => 8 + (1 - value / top) * (CHART.height - CHART.bottom - 8);
  const line = (values: readonly number[], colour: string): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>`;
  return `<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="weekly shares">
<line x1="${CHART.left}" x2="${CHART.width}" y1="${y(0)}" y2="${y(0)}" stroke="#aab4be"/>
<line x1="${CHART.left}" x2="${CHART.width}" y1="${y(0.01)}" y2="${y(0.01)}" stroke="#b3261e" stroke-dasharray="4 4"/>
<text x="2" y="${y(top) + 8}" font-size="11">${percent(top)}</text><text x="2" y="${y(0.01) + 4}" font-size="11" fill="#b3261e">1%</text>
<text x="${CHART.left}" y="${CHART.height - 4}" font-size="11">${weeks[0]!.monday}</text>
<text x="${CHART.width - 70}" y="${CHART.height - 4}" font-size="11">${weeks.at(-1)!.monday}</text>
${line(
  weeks.map((week) => share(week.healthyYellow)),
  '#c9a400',
)}${line(
  weeks.map((week) => share(week.healthyOrange)),
  '#d9730d',
)}${line(
  weeks.map((week) => share(week.healthyRed)),
  '#b3261e',
)}
</svg><p>黄线：黄色及以上；橙线：橙色及以上；红线：红色；虚线：1%。 <span lang="en">Yellow, orange, red: at that level or above; dashed: 1%.</span></p>`;
}

function mustTable({ must }: BacktestReport): string {
  const rows = Object.entries(must.byRule).map(([rule, { asked, raised }]) => [
    rule,
    String(asked),
    String(raised),
    String(asked - raised),
  ]);
  const missing = must.missing.map(({ id, rule, archetype }) => [id, rule, archetype ?? '']);
  return `${table(['规则 Rule', '应触发 Asked', '已触发 Raised', '缺 Missing'], rows)}${
    missing.length === 0 ? '' : table(['机构 Institution', '规则 Rule', '形态 Shape'], missing)
  }`;
}

function notFoundTable({ notFound }: BacktestReport): string {
  if (notFound.length === 0) return '<p>–</p>';
  return table(
    [
      '机构 Institution',
      '形态 Shape',
      '首个迹象 First sign',
      '停课 Stop',
      '停课前黄色及以上 At yellow or above before',
    ],
    notFound.map((one) => [one.id, one.shape, one.firstSignDay ?? '–', one.stopDay, one.rules.join(', ')]),
  );
}

function troubledTable({ troubled }: BacktestReport): string {
  if (troubled.length === 0) return '<p>–</p>';
  return table(
    ['机构 Institution', '自 From', '至 To', '规则 Rule'],
    troubled.map((one) => [one.id, one.from, one.to ?? '–', one.rule]),
  );
}

function ruleTable({ rules }: BacktestReport): string {
  return table(
    [
      '规则 Rule',
      '预警 Raised',
      '达橙色 Reached orange',
      '健康 Healthy',
      '健康橙色 Healthy, orange',
      '倒闭 Failing',
      '违规 Violating',
    ],
    rules.map(({ rule, raised, reachedOrange, raisedAt, orangeAt }) =>
      [rule, raised, reachedOrange, raisedAt.healthy, orangeAt.healthy, raisedAt.failing, raisedAt.violating].map(
        String,
      ),
    ),
  );
}

function sensitivity({ sensitivity: told }: ReportWithSensitivity): string {
  if (told === null)
    return '<p>未要求（--sensitivity C01,D02）。 <span lang="en">Not asked for (--sensitivity C01,D02).</span></p>';
  return trialTable(told.base, told.trials);
}

function weekTable({ weeks }: BacktestReport): string {
  return table(
    [
      '周一 Monday',
      '健康黄色+ Healthy yellow+',
      '健康橙色+ Healthy orange+',
      '含组合 With cases',
      '健康红色 Healthy red',
      '新蓝',
      '新黄',
      '新橙',
      '新红 New red',
    ],
    weeks.map((week) => [
      week.monday,
      ...[week.healthyYellow, week.healthyOrange, week.healthyOrangeCases, week.healthyRed].map(String),
      ...[week.raised.blue, week.raised.yellow, week.raised.orange, week.raised.red].map(String),
    ]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', heads)}${rows.map((row) => cells('td', row)).join('\n')}</table>`;
}

function days(value: number | null): string {
  return value === null ? '–' : `${value} d`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)}%`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
