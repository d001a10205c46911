import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { type Fen, formatYuan } from '../../core/money.js';
import { formatTime, type Us } from '../../core/time.js';
import type { Database } from '../../db/database.js';
import { type PastScore, pastScores } from '../../risk/past-scores.js';
import { DATA_OPTION, type DataOptions, JSON_OPTION, timeOption, withDatabase } from '../context.js';
import {
  LEVEL_OPTION,
  LIMIT_OPTION,
  levelOption,
  limitOption,
  printLimitReached,
  REGION_OPTION,
  regionOption,
} from '../filters.js';
import { EXIT, printJson, printLine, printTable } from '../output.js';
import { startBar } from '../progress-bar.js';

interface ScoresOptions extends DataOptions {
  readonly institution?: string;
  readonly region?: string;
  readonly level?: string;
  readonly limit: string;
  readonly asOf?: string;
}

interface ScoreLine {
  institutionId: string;
  institutionName: string | null;
  regionCode: string | null;
  score: number;
  level: string;
  grade: string;
  confidence: number;
  groups: Record<string, number>;
  unearnedFen: Fen;
  policyVersion: string;
  evaluatedAt: Us;
  findings: { ruleId: string; level: string; state: string; reason: { zh: string; en: string } }[];
  problems: string[];
}

export function scoresCommand(program: Command): void {
  program
    .command('scores')
    .description('current scores with their reasons, the highest first')
    .option(...DATA_OPTION)
    .option('--institution <id>', 'only this institution')
    .option(...REGION_OPTION)
    .option(...LEVEL_OPTION)
    .option(...LIMIT_OPTION)
    .option('--as-of <time>', 'the scores that held at this moment, made again from the stored events')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1 (with --as-of): a score made again is not the one that the history holds.')
    .action((options: ScoresOptions) =>
      withDatabase(options, async ({ database }) => {
        const asOf = timeOption(options.asOf, '--as-of');
        const limit = limitOption(options.limit);
        if (asOf !== null) return showPast(database, asOf, options);
        const { rows } = await database.pool.query<ScoreLine>(
          `select i.id as "institutionId", v.name as "institutionName", v.region_code as "regionCode", v.score, v.level, v.grade, v.confidence, v.groups,
                  v.unearned_fen as "unearnedFen", v.policy_version as "policyVersion", v.evaluated_at as "evaluatedAt", v.findings, v.problems
             from evaluations v join institutions i on i.no = v.institution_no
            where ($1::text is null or i.id = $1) and ($2 = '' or v.region_code like $2 || '%') and ($3::text is null or v.level = $3)
            order by v.score desc, i.id limit $4`,
          [options.institution ?? null, regionOption(options.region), levelOption(options.level), limit],
        );
        if (options.json) for (const row of rows) printJson({ ...row, evaluatedAt: formatTime(row.evaluatedAt) });
        else if (rows.length === 0)
          printLine('No institution is evaluated yet that fits; `feewarden ingest FILE` takes events in.');
        else {
          printTable(
            ['institution', 'name', 'score', 'level', 'grade', 'confidence', 'unearned', 'rules'],
            rows.map(cells),
          );
          printLimitReached(rows.length, limit);
        }
      }),
    );
}

async function showPast(database: Database, asOf: Us, options: ScoresOptions): Promise<void> {
  const ids = options.institution === undefined ? null : [options.institution];
  const [region, level, limit] = [regionOption(options.region), levelOption(options.level), limitOption(options.limit)];
  const bar = startBar(null, 'scores made again');
  const found: PastScore[] = [];
  let done = 0;
  let others = 0;
  for await (const past of pastScores(database.pool, ids, asOf, CHINA_CALENDAR)) {
    done += 1;
    bar.update(done, '');
    if (past.history === 'other') others += 1;
    if (!(past.regionCode ?? '').startsWith(region) || (level !== null && past.explanation.level !== level)) continue;
    found.push(past);
  }
  bar.stop();
  found.sort((a, b) => b.explanation.score - a.explanation.score);
  const rows = found.slice(0, limit);
  if (options.json)
    for (const { explanation, ...rest } of rows) printJson({ ...explanation, ...rest, asOf: formatTime(asOf) });
  else if (rows.length === 0) printLine('Nothing was known of such an institution by then.');
  else {
    printTable(
      ['institution', 'name', 'score', 'level', 'grade', 'evaluated', 'policy', 'history', 'rules'],
      rows.map(pastCells),
    );
    printLimitReached(rows.length, limit);
  }
  if (others > 0) process.exitCode = EXIT.foundWrong;
}

function pastCells({ explanation: one, history }: PastScore): string[] {
  const rules = one.findings.filter(({ level }) => level !== 'none').map(({ ruleId, level }) => `${ruleId} ${level}`);
  return [
    one.institutionId,
    one.institutionName ?? '',
    String(one.score),
    one.level,
    one.grade,
    one.at.slice(0, 19),
    one.policyVersion,
    history,
    rules.join(', '),
  ];
}

function cells(row: ScoreLine): string[] {
  const rules = row.findings
    .filter((finding) => finding.level !== 'none' || finding.state === 'failed')
    .map((finding) => `${finding.ruleId} ${finding.state === 'failed' ? 'failed' : finding.level}`);
  const confidence = `${row.confidence}%${row.confidence < LOW_CONFIDENCE_PERCENT ? ' low' : ''}`;
  return [
    row.institutionId,
    row.institutionName ?? '',
    String(row.score),
    row.level,
    row.grade,
    confidence,
    formatYuan(row.unearnedFen),
    rules.join(', '),
  ];
}

/** Below it a score is shown with "low confidence" (rule G05). */
const LOW_CONFIDENCE_PERCENT = 90;
