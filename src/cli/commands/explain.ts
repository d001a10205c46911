import type { Command } from 'commander';
import { findAlert, listAlertRecords } from '../../api/sql/alerts.js';
import { readEvidence } from '../../api/sql/journals.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { formatTime, type Us } from '../../core/time.js';
import type { Database } from '../../db/database.js';
import { type Explanation, explainInstitution, explainRemedies } from '../../risk/explain.js';
import type { FindingRemedies } from '../../risk/remedy.js';
import { describeTerm, type ScoreTerm } from '../../risk/score.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, timeOption, withDatabase } from '../context.js';
import { printJson, printLine, printTable, toJson } from '../output.js';

interface ExplainOptions extends DataOptions {
  readonly asOf?: string;
}

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .argument('<id>', 'an alert, or an institution')
    .description(
      'every term of the score, the rule, threshold and policy version, the events behind it, and what would change it',
    )
    .option(...DATA_OPTION)
    .option(
      '--as-of <time>',
      'the score that held at that moment, made again from the stored events; of an alert: its finding in it',
    )
    .option(...JSON_OPTION)
    .action((id: string, options: ExplainOptions) =>
      withDatabase(options, async ({ database }) => {
        const asOf = timeOption(options.asOf, '--as-of');
        const [institutionId, ruleId] = id.split('.');
        if (ruleId !== undefined && asOf === null) return explainAlert(database, id, options.json === true);
        return explainOne(database, institutionId!, ruleId ?? null, asOf, options.json === true);
      }),
    );
}

interface AlertPayload {
  ruleId: string;
  ruleVersion: number;
  policyVersion: string;
  level: string;
  value: number;
  threshold: number | null;
  unit: string;
  reason: { zh: string; en: string };
  legalBasis: { zh: string; en: string };
  evidence: { source: string; id: string }[];
}

async function explainAlert(database: Database, alertId: string, json: boolean): Promise<void> {
  const alert = await findAlert(database.pool, alertId, '');
  const records = await listAlertRecords(database.pool, alertId);
  const data = alert.data as unknown as AlertPayload;
  const found = await readEvidence(database.pool, alert.institutionNo, data.evidence);
  const events = found.map((row) => ({
    ...(JSON.parse(row.body) as { time: string; type: string; data: object }),
    receivedAt: formatTime(row.receivedAt),
    reversed: row.reversed,
  }));
  const { institutionId } = alert.data as { institutionId: string };
  const open = alert.clearedAt === null;
  const options = { calendar: CHINA_CALENDAR, now: clock() };
  const remedies = open ? await explainRemedies(database.pool, institutionId, null, options) : [];
  if (json) {
    printJson({
      ...alert.data,
      state: open ? 'open' : 'cleared',
      records: records.map((record) => ({ ...record, at: formatTime(record.at) })),
      events,
      ...shown(remedies, data.ruleId),
    });
    return;
  }
  printLine(`${alertId} (${open ? 'open' : 'cleared'}, ${alert.level})`);
  printLine(data.reason.zh);
  printLine(data.reason.en);
  printLine('');
  printLine(`Rule ${data.ruleId} version ${data.ruleVersion}, policy ${data.policyVersion}`);
  printLine(`Value ${data.value} against threshold ${data.threshold ?? '–'} (${data.unit})`);
  printLine(`Basis: ${data.legalBasis.zh} / ${data.legalBasis.en}`);
  printRemedies(remedies, data.ruleId);
  printLine('');
  printTable(
    ['step', 'what', 'when', 'level'],
    records.map((record) => [
      String(record.step),
      record.kind,
      formatTime(record.at),
      String(record.data['level'] ?? ''),
    ]),
  );
  printLine('');
  printLine(
    events.length === 0 ? 'No single event stands behind it; it follows from sums of the books.' : 'Events behind it:',
  );
  for (const { time, type, data, reversed } of events)
    printLine(`  ${time} ${type} ${toJson(data)}${reversed ? ' (reversed since)' : ''}`);
}

/** `ruleId`: only the finding of this rule. */
async function explainOne(
  database: Database,
  id: string,
  ruleId: string | null,
  asOf: Us | null,
  json: boolean,
): Promise<void> {
  const options = { calendar: CHINA_CALENDAR, now: clock() };
  const whole = await explainInstitution(database.pool, id, asOf, options);
  const findings = whole.findings.filter((one) => ruleId === null || one.ruleId === ruleId);
  const explanation = { ...whole, findings };
  const remedies = await explainRemedies(database.pool, id, asOf, options);
  if (json)
    printJson({
      ...explanation,
      findings: explanation.findings.map((one) => ({ ...one, ...shown(remedies, one.ruleId) })),
    });
  else {
    print(explanation, remedies);
    printHolders(whole);
  }
}

/** The ways out of a finding as they are printed in JSON. */
function shown(remedies: readonly FindingRemedies[], ruleId: string): object {
  const found = remedies.find((one) => one.ruleId === ruleId);
  return {
    remedies: (found?.remedies ?? []).map((one) => ({ ...one, leavesAt: formatTime(one.leavesAt) })),
    remedyWords: found?.words ?? [],
  };
}

function printRemedies(remedies: readonly FindingRemedies[], ruleId: string): void {
  const found = remedies.find((one) => one.ruleId === ruleId);
  if (found === undefined) return;
  printLine('  what would change it:');
  for (const { sentence } of found.remedies) {
    printLine(`    ${sentence.zh}`);
    printLine(`    ${sentence.en}`);
  }
  for (const words of found.words) {
    printLine(`    ${words.zh}`);
    printLine(`    ${words.en}`);
  }
}

/** The level stays until every finding that holds it has left it. */
function printHolders({ level, findings }: Explanation): void {
  const holders = findings.filter((one) => level !== 'none' && one.level === level).map(({ ruleId }) => ruleId);
  if (holders.length === 0) return;
  printLine('');
  printLine(`Held at ${level} by ${holders.join(', ')}: each of them has to leave it.`);
}

/** What each group adds, so that whoever reads it can add the score up. */
function printGroups({ groups, groupPoints, score, floor }: Explanation): void {
  if (groupPoints === null) {
    printTable(
      ['组 / group', '分值 / value'],
      Object.entries(groups).map(([group, value]) => [group, String(value)]),
    );
    return;
  }
  printTable(
    ['组 / group', '最高 / highest', '分值 / value', '权重 / weight', '得分 / points'],
    groupPoints.map(({ group, ruleId, value, weight, points }) => [
      group,
      ruleId ?? '–',
      decimal(value * 100),
      `${weight}%`,
      decimal(points),
    ]),
  );
  const sum = groupPoints.reduce((total, { points }) => total + points, 0);
  const end =
    floor === null ? { zh: `评分 ${score}`, en: `score ${score}` } : { zh: '低于下限', en: 'below the floor' };
  printLine(`合计 ${decimal(sum)}，${end.zh} / together ${decimal(sum)}: ${end.en}`);
}

/** Two decimals at most are told of millionths. */
function decimal(millionths: number): string {
  return String(Math.round(millionths / 10_000) / 100);
}

const BASIS: Readonly<Record<Explanation['basis'], string>> = {
  stored: '',
  evaluations: 'Made again from the events that were known then.',
  recorded_time: 'It was not evaluated then; this is what its events by their recorded time come to.',
};

function print(explanation: Explanation, remedies: readonly FindingRemedies[]): void {
  printLine(`${explanation.institutionId} ${explanation.institutionName ?? ''}`.trim());
  printLine(
    `Score ${explanation.score} (${explanation.level}), grade ${explanation.grade}, confidence ${explanation.confidence}%, as of ${explanation.at}, policy ${explanation.policyVersion}`,
  );
  if (explanation.basis !== 'stored') printLine(BASIS[explanation.basis]);
  if (!explanation.exact)
    printLine('Rules, facts or policy have changed since: the score of then may have been another.');
  if (explanation.floor)
    printLine(`Lifted to ${explanation.floor.score} because a finding is ${explanation.floor.level}.`);
  printLine('');
  printGroups(explanation);
  for (const term of explanation.terms) {
    const { zh, en } = describeTerm(term as ScoreTerm);
    printLine(`  ${zh} / ${en}`);
  }
  for (const finding of explanation.findings) {
    printLine('');
    printLine(
      `${finding.ruleId} ${finding.name.zh} / ${finding.name.en}: ${finding.state === 'failed' ? `failed: ${finding.error}` : finding.level}${finding.watched ? ' (one level up: watch list)' : ''}`,
    );
    printLine(`  ${finding.reason.zh}`);
    printLine(`  ${finding.reason.en}`);
    printLine(
      `  value ${finding.value}, threshold ${finding.threshold ?? '–'} (${finding.unit}); version ${finding.ruleVersion}; ${finding.legalBasis.zh} / ${finding.legalBasis.en}`,
    );
    for (const event of finding.evidence) printLine(`  event ${event.source} ${event.id}`);
    if (finding.alertId) printLine(`  alert ${finding.alertId}, open since ${finding.openedAt}`);
    printRemedies(remedies, finding.ruleId);
  }
  if (explanation.findings.length === 0) printLine('No rule finds anything here.');
  if (explanation.problems.length > 0) {
    printLine('');
    printLine(`Data and rules: ${explanation.problems.join(', ')}`);
  }
}
