import type { Command } from 'commander';
import { findAlert, listAlertRecords } from '../../api/sql/alerts.js';
import { readEvidence } from '../../api/sql/journals.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { formatTime, type Us } from '../../core/time.js';
import type { Database } from '../../db/database.js';
import { type Explanation, explainInstitution } from '../../risk/explain.js';
import { readPolicy } from '../../risk/policy-store.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, timeOption, withDatabase } from '../context.js';
import { printJson, printLine, printTable, toJson } from '../output.js';

interface ExplainOptions extends DataOptions {
  readonly asOf?: string;
}

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .argument('<id>', 'an alert, or an institution')
    .description('every term of the score, the rule, threshold and policy version, and the events behind it')
    .option(...DATA_OPTION)
    .option('--as-of <time>', 'of an institution: judged on what was known then (recorded time), at that moment')
    .option(...JSON_OPTION)
    .action((id: string, options: ExplainOptions) =>
      withDatabase(options, async ({ database }) => {
        const asOf = timeOption(options.asOf, '--as-of');
        if (id.includes('.')) {
          if (asOf !== null)
            throw new FeewardenError('bad_usage', '--as-of is for institutions; an alert tells its own moments.');
          return explainAlert(database, id, options.json === true);
        }
        return explainOne(database, id, asOf, options.json === true);
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
  }));
  if (json) {
    printJson({
      ...alert.data,
      state: alert.clearedAt === null ? 'open' : 'cleared',
      records: records.map((record) => ({ ...record, at: formatTime(record.at) })),
      events,
    });
    return;
  }
  printLine(`${alertId} (${alert.clearedAt === null ? 'open' : 'cleared'}, ${alert.level})`);
  printLine(data.reason.zh);
  printLine(data.reason.en);
  printLine('');
  printLine(`Rule ${data.ruleId} version ${data.ruleVersion}, policy ${data.policyVersion}`);
  printLine(`Value ${data.value} against threshold ${data.threshold ?? '–'} (${data.unit})`);
  printLine(`Basis: ${data.legalBasis.zh} / ${data.legalBasis.en}`);
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
  for (const event of events) printLine(`  ${event.time} ${event.type} ${toJson(event.data)}`);
}

async function explainOne(database: Database, id: string, asOf: Us | null, json: boolean): Promise<void> {
  const policy = await readPolicy(database.pool);
  const explanation = await explainInstitution(database.pool, id, asOf, {
    calendar: CHINA_CALENDAR,
    policy,
    now: clock(),
  });
  if (json) printJson(explanation);
  else print(explanation);
}

function print(explanation: Explanation): void {
  printLine(`${explanation.institutionId} ${explanation.institutionName ?? ''}`.trim());
  printLine(
    `Score ${explanation.score} (${explanation.level}), grade ${explanation.grade}, confidence ${explanation.confidence}%, as of ${explanation.at}, policy ${explanation.policyVersion}`,
  );
  if (explanation.floor)
    printLine(`Lifted to ${explanation.floor.score} because a finding is ${explanation.floor.level}.`);
  printLine('');
  printTable(
    ['group', 'value'],
    Object.entries(explanation.groups).map(([group, value]) => [group, String(value)]),
  );
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
  }
  if (explanation.findings.length === 0) printLine('No rule finds anything.');
  if (explanation.problems.length > 0) {
    printLine('');
    printLine(`Data and rules: ${explanation.problems.join(', ')}`);
  }
}
