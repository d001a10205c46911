import type { Command } from 'commander';
import { FeewardenError } from '../../core/errors.js';
import { dayOf, formatDay, formatTime, parseDay, startOfDay } from '../../core/time.js';
import type { Database } from '../../db/database.js';
import { parseInstant } from '../../events/fields.js';
import { INSTITUTION_CATEGORIES } from '../../events/institution.js';
import { diffPolicies, type PolicyDifference } from '../../risk/policy/diff.js';
import { type CheckedPolicy, POLICY_MODES, type Policy, versionFault } from '../../risk/policy/policy.js';
import type { Selector } from '../../risk/policy/resolve.js';
import { POLICY_SUBJECTS } from '../../risk/policy/specs.js';
import { type RuleThresholds, type Threshold, thresholdsOf } from '../../risk/policy/thresholds.js';
import { type ShadowReport, shadowReport, startShadow, stopShadow } from '../../risk/policy-shadow.js';
import {
  draftPolicy,
  findPolicy,
  listDrafts,
  listPolicies,
  type PublishedPolicy,
  publishPolicy,
  readPolicy,
  readPolicyAt,
} from '../../risk/policy-store.js';
import { plural } from '../../risk/text.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { evaluateAllDue } from '../evaluate-due.js';
import { REGION_OPTION, regionOption } from '../filters.js';
import { EXIT, printJson, printLine, printTable } from '../output.js';
import { checkPolicyFile, faultLine, readPolicyFile, showValue } from '../policy-file.js';

export function policyCommand(program: Command): void {
  const policy = program.command('policy').description('thresholds as versioned, region-scoped data');
  addShow(policy);
  addCheck(policy);
  addDiff(policy);
  addPublish(policy);
  addList(policy);
  addShadow(policy);
}

interface ShowOptions extends DataOptions {
  readonly region?: string;
  readonly category?: string;
  readonly mode?: string;
  readonly asOf?: string;
  readonly rule?: string;
}

function addShow(policy: Command): void {
  policy
    .command('show')
    .argument('[file]', 'a policy file instead of the policy in force')
    .description('the thresholds that hold, each with its source and where it is inherited from')
    .option(...DATA_OPTION)
    .option('--region <code>', 'for this region: 37, 3707, 370702 or 370700 (default: the nation)')
    .option('--category <category>', `for institutions of this category: ${INSTITUTION_CATEGORIES.join(', ')}`)
    .option('--mode <mode>', `for this mode of supervision: ${POLICY_MODES.join(', ')}`)
    .option('--as-of <date>', 'what was in force on this day, or at this time')
    .option('--rule <id>', 'only this rule, or "common", or "score"')
    .option(...JSON_OPTION)
    .action(async (file: string | undefined, options: ShowOptions) => {
      const asked = askedFor(options);
      if (file !== undefined) {
        const own = await readPolicyFile(file);
        return show({ policy: own, record: recordOf(own) }, asked, options);
      }
      await withDatabase(options, async ({ database }) =>
        show(await readPolicyAt(database.pool, asked.publishedBy), asked, options),
      );
    });
}

interface Asked {
  readonly selector: Selector;
  readonly publishedBy: number | null;
}

/** What `policy show` is to answer. A day stands for its end: what was published on it counts. */
function askedFor({ region, category, mode, asOf, rule }: ShowOptions): Asked {
  if (rule !== undefined && !POLICY_SUBJECTS.has(rule))
    throw new FeewardenError('bad_usage', `--rule: there is no rule ${rule}.`);
  const time = asOf === undefined ? null : parseInstant(asOf);
  const day = asOf === undefined ? null : parseDay(asOf);
  if (asOf !== undefined && time === null && day === null)
    throw new FeewardenError(
      'bad_usage',
      '--as-of: give a day like 2026-07-03, or a time like 2026-07-03T12:00:00+08:00, of the years 1685 to 2255.',
    );
  if (region !== undefined && !/^(?:\d\d){1,3}$/.test(region))
    throw new FeewardenError('bad_usage', '--region: give 2, 4 or 6 digits, like 3707.');
  const publishedBy = day === null ? time : startOfDay(day + 1) - 1;
  return {
    selector: {
      regionCode: (region ?? '').padEnd(6, '0'),
      category: oneOf('--category', category, INSTITUTION_CATEGORIES),
      mode: oneOf('--mode', mode, POLICY_MODES),
      day: day ?? dayOf(time ?? clock()),
    },
    publishedBy,
  };
}

function oneOf<T extends string>(option: string, text: string | undefined, known: readonly T[]): T | null {
  const found = known.find((one) => one === text) ?? null;
  if (text !== undefined && found === null)
    throw new FeewardenError('bad_usage', `${option}: must be one of ${known.join(', ')}.`);
  return found;
}

function recordOf(own: Policy): PublishedPolicy['record'] {
  const { version, note = '', author = null, approver = null } = own;
  return { version, note, author, approver, publishedAt: null };
}

function show({ policy, record }: PublishedPolicy, { selector }: Asked, { rule, json }: ShowOptions): void {
  const rules = thresholdsOf(policy, selector, rule ?? null);
  const { day, ...place } = selector;
  const publishedAt = record.publishedAt === null ? null : formatTime(record.publishedAt);
  if (json) return printJson({ ...record, publishedAt, ...place, day: formatDay(day), rules });
  printLine(`Policy ${record.version}${publishedAt === null ? '' : `, published ${publishedAt}`}`);
  if (record.author !== null) printLine(`written by ${record.author}, approved by ${record.approver ?? 'nobody yet'}`);
  if (record.note !== '') printLine(record.note);
  const names = [place.regionCode, place.category, place.mode].filter((part) => part !== null);
  printLine(`for ${names.join(', ')} on ${formatDay(day)}`);
  printLine('');
  printTable(['rule', 'threshold', 'value', 'source', 'set by', 'note'], rules.flatMap(thresholdCells));
}

function thresholdCells({ rule, enabled, params }: RuleThresholds): string[][] {
  const off = enabled ? '' : ' (off)';
  return params.map((one) => [
    `${rule}${off}`,
    one.name,
    showValue(one.value, one.unit),
    one.source,
    setBy(one),
    one.note,
  ]);
}

function setBy({ from }: Threshold): string {
  if (from === null) return 'default of the rule';
  const { tier, region, category, mode, validFrom, validTo } = from;
  const parts = [`${tier} ${region}`, category, mode].filter((part) => part !== null);
  return `${parts.join(' ')} from ${validFrom}${validTo === null ? '' : ` to ${validTo}`}`;
}

function addCheck(policy: Command): void {
  policy
    .command('check')
    .argument('<file>', 'a policy file')
    .description('check form, names, ranges, validity, and that the steps of every rule are in order everywhere')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: the policy is wrong; every fault is named with its place in the JSON.')
    .action(async (file: string, { json }: DataOptions) => {
      const { policy: good, faults } = await checked(file);
      if (json) printJson({ ok: good !== null, version: good?.version ?? null, faults });
      else if (good !== null)
        printLine(`${file}: policy ${good.version} is right, ${plural(good.entries.length, 'entry', 'entries')}.`);
      else for (const fault of faults) printLine(faultLine(file, fault));
      process.exitCode = good !== null ? EXIT.success : EXIT.foundWrong;
    });
}

async function checked(file: string): Promise<CheckedPolicy> {
  const result = await checkPolicyFile(file);
  const fault = result.policy === null ? null : versionFault(result.policy.version);
  return fault === null ? result : { policy: null, faults: [fault] };
}

function addDiff(policy: Command): void {
  policy
    .command('diff')
    .argument('<file>', 'a policy file, or the version of a policy')
    .argument(
      '[other]',
      'a second one to compare the first with; without it, the policy in force is compared with the file',
    )
    .description('what holds differently, by rule, threshold, region and day')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .action((first: string, second: string | undefined, options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const before = second === undefined ? await readPolicy(database.pool) : await namedPolicy(database, first);
        const after = await namedPolicy(database, second ?? first);
        const differences = diffPolicies(before, after);
        if (options.json) return printJson({ before: before.version, after: after.version, differences });
        printLine(`${before.version} → ${after.version}`);
        if (differences.length === 0) return printLine('The same thresholds hold everywhere.');
        printTable(['rule', 'threshold', 'where', 'when', 'before', 'after'], differences.map(differenceCells));
      }),
    );
}

/** A file, or else a version that is published, a draft or the default. */
async function namedPolicy(database: Database, name: string): Promise<Policy> {
  const found = /[/\\.]json$|[/\\]/.test(name) ? null : await findPolicy(database.pool, name);
  return found?.policy ?? readPolicyFile(name);
}

function differenceCells({ rule, param, region, category, mode, from, to, before, after }: PolicyDifference): string[] {
  const unit = POLICY_SUBJECTS.get(rule)?.params[param]?.unit ?? 'flag';
  const days = [from === null ? '' : `from ${from}`, to === null ? '' : `to ${to}`].filter((part) => part !== '');
  return [
    rule,
    param,
    [region, category, mode].filter((part) => part !== null).join(' '),
    days.length === 0 ? 'always' : days.join(' '),
    showValue(before, unit),
    before === after ? `stays ${showValue(after, unit)}` : showValue(after, unit),
  ];
}

interface PublishOptions extends DataOptions {
  readonly evaluate: boolean;
  readonly author?: string;
  readonly approver?: string;
  readonly shadow?: boolean;
}

function addPublish(policy: Command): void {
  policy
    .command('publish')
    .argument('<file>', 'a policy file')
    .description('put a policy in force at once; with --shadow, run it beside the one in force')
    .option(...DATA_OPTION)
    .option('--author <name>', 'who wrote it (default: the author that the file names)')
    .option('--approver <name>', 'who approves it, another person (default: the approver that the file names)')
    .option(...NO_EVALUATE_OPTION)
    .option('--shadow', 'only keep it as a draft and start it in the shadow: nothing is sent, nothing changes')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nA version is published once and never edited. Institutions with other thresholds are evaluated anew.',
    )
    .action(async (file: string, options: PublishOptions) => {
      const wanted = await readPolicyFile(file);
      const author = options.author ?? wanted.author;
      await withDatabase(options, async (context) => {
        const { database } = context;
        if (options.shadow) {
          await draftPolicy(database.pool, wanted, author ?? '', clock());
          await startShadow(database.pool, wanted.version, author ?? '', clock());
          if (options.evaluate) await evaluateAllDue(context);
          return tell(
            options,
            { version: wanted.version, shadow: true },
            `Policy ${wanted.version} runs in the shadow.`,
          );
        }
        const persons = { author, approver: options.approver ?? wanted.approver };
        const { record, isNew, affected } = await publishPolicy(database.pool, wanted, persons, clock());
        if (options.evaluate) await evaluateAllDue(context);
        const { version, author: writer, approver } = record;
        const publishedAt = record.publishedAt === null ? null : formatTime(record.publishedAt);
        const sentence = isNew
          ? `Policy ${version} is in force since ${publishedAt}; ${affected} institutions are evaluated anew.`
          : `Policy ${version} was published before with this content, at ${publishedAt}; nothing changed.`;
        tell(options, { version, publishedAt, author: writer, approver, isNew, affected }, sentence);
      });
    });
}

function tell({ json }: DataOptions, document: object, sentence: string): void {
  if (json) printJson(document);
  else printLine(sentence);
}

function addList(policy: Command): void {
  policy
    .command('list')
    .description('published policies, the one in force first, and drafts')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .action((options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const published = await listPolicies(database.pool);
        const drafts = await listDrafts(database.pool);
        const rows = [
          ...published.map((one, at) => ({ ...one, state: at === 0 ? 'in force' : 'replaced', at: one.publishedAt })),
          ...drafts.map((one) => ({ ...one, approver: null, note: '', state: 'draft', at: one.createdAt })),
        ].map(({ version, state, at, author, approver, note }) => {
          return { version, state, at: at === null ? null : formatTime(at), author, approver, note };
        });
        if (options.json) for (const row of rows) printJson(row);
        else
          printTable(
            ['version', 'state', 'since', 'author', 'approver', 'note'],
            rows.map((row) => [row.version, row.state, row.at ?? '', row.author ?? '', row.approver ?? '', row.note]),
          );
      }),
    );
}

interface ShadowOptions extends DataOptions {
  readonly evaluate?: boolean;
  readonly by?: string;
  readonly region?: string;
}

const NO_EVALUATE_OPTION = ['--no-evaluate', 'leave the evaluations to a running program'] as const;
const BY_OPTION = ['--by <name>', 'who does it'] as const;

function addShadow(policy: Command): void {
  const shadow = policy.command('shadow').description('a draft that runs beside the policy in force');
  shadow
    .command('start')
    .argument('<file>', 'a policy file, or the version of a draft')
    .description('judge every institution by this policy as well, without telling anybody')
    .option(...DATA_OPTION)
    .option(...NO_EVALUATE_OPTION)
    .option(...BY_OPTION)
    .option(...JSON_OPTION)
    .action((name: string, options: ShadowOptions) =>
      withDatabase(options, async (context) => {
        const { database } = context;
        const draft = await namedPolicy(database, name);
        const by = options.by ?? draft.author ?? '';
        await draftPolicy(database.pool, draft, by, clock());
        await startShadow(database.pool, draft.version, by, clock());
        if (options.evaluate) await evaluateAllDue(context);
        tell(options, { version: draft.version, shadow: true }, `Policy ${draft.version} runs in the shadow.`);
      }),
    );
  shadow
    .command('stop')
    .description('end the run in the shadow; its report stays')
    .option(...DATA_OPTION)
    .requiredOption(...BY_OPTION)
    .option(...JSON_OPTION)
    .action((options: ShadowOptions) =>
      withDatabase(options, async ({ database }) => {
        const version = await stopShadow(database.pool, options.by ?? '', clock());
        tell(options, { version, shadow: false }, `Policy ${version} runs no more.`);
      }),
    );
  shadow
    .command('report')
    .description('what the shadow says differently, by region and rule')
    .option(...DATA_OPTION)
    .option(...REGION_OPTION)
    .option(...JSON_OPTION)
    .action((options: ShadowOptions) =>
      withDatabase(options, async ({ database }) => {
        const report = await shadowReport(database.pool, regionOption(options.region));
        if (options.json) printJson(timed(report));
        else printReport(report);
      }),
    );
}

function timed(report: ShadowReport): object {
  const stoppedAt = report.stoppedAt === null ? null : formatTime(report.stoppedAt);
  return { ...report, startedAt: formatTime(report.startedAt), stoppedAt };
}

function printReport(report: ShadowReport): void {
  const until = report.stoppedAt === null ? 'still running' : `stopped ${formatTime(report.stoppedAt)}`;
  printLine(
    `Policy ${report.version} in the shadow of ${report.liveVersion} since ${formatTime(report.startedAt)}, ${until}`,
  );
  printLine(
    `${report.institutions} institutions judged by both, ${report.waiting} not yet; ${report.failures} failures`,
  );
  if (report.lastFailure !== null) printLine(`last failure: ${report.lastFailure}`);
  if (report.differences.length === 0) return printLine('No finding stands at another level.');
  printLine('');
  const levels = report.levels.filter(({ live, shadow }) => live !== shadow);
  printTable(
    ['level live', 'in the shadow', 'institutions'],
    levels.map((one) => [one.live, one.shadow, String(one.institutions)]),
  );
  printLine('');
  printTable(
    ['region', 'rule', 'live', 'in the shadow', 'institutions', 'such as'],
    report.differences.map((one) => [
      one.regionCode ?? '',
      one.ruleId,
      one.live,
      one.shadow,
      String(one.institutions),
      one.examples.join(' '),
    ]),
  );
  printLine('');
  printTable(
    ['rule', 'alerts live', 'alerts in the shadow'],
    report.alerts.map((one) => [one.ruleId, String(one.live), String(one.shadow)]),
  );
}
