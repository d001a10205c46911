import type { Command } from 'commander';
import { type Feed, readFeeds } from '../../banks/feeds/read.js';
import { withBanksLock } from '../../banks/lock.js';
import { lastDueDay } from '../../banks/reconcile/run.js';
import { refreshFeeds } from '../../banks/refresh.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { formatDay, formatTime } from '../../core/time.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { LIMIT_OPTION, limitOption, printLimitReached, REGION_OPTION, regionOption } from '../filters.js';
import { printJson, printLine, printTable } from '../output.js';

interface FeedsOptions extends DataOptions {
  readonly region?: string;
  readonly limit: string;
}

/** How long a run of another process is waited for. */
const WAIT_MS_MAX = 60_000;

export function feedsCommand(program: Command): void {
  program
    .command('feeds')
    .description('what comes from each bank and platform: last event, gaps, delays, refusals, completeness')
    .option(...DATA_OPTION)
    .option(...REGION_OPTION)
    .option(...LIMIT_OPTION)
    .option(...JSON_OPTION)
    .action((options: FeedsOptions) =>
      withDatabase(options, async ({ database: { pool } }) => {
        const region = regionOption(options.region);
        const limit = limitOption(options.limit);
        await withBanksLock(pool, WAIT_MS_MAX, () => refreshFeeds(pool));
        const asOf = lastDueDay(clock(), CHINA_CALENDAR);
        const feeds = await readFeeds(pool, {
          authority: null,
          region,
          after: null,
          limit,
          asOf,
          calendar: CHINA_CALENDAR,
        });
        if (options.json) for (const feed of feeds) printJson(jsonOf(feed));
        else if (feeds.length === 0)
          printLine(
            region === ''
              ? 'Nothing came from anybody yet; `feewarden ingest FILE` takes events in.'
              : 'Nothing came from a platform of this region, nor from a bank with accounts there.',
          );
        else {
          printTable(HEADINGS, feeds.map(cells));
          printLimitReached(feeds.length, limit);
        }
      }),
    );
}

const HEADINGS = [
  'source',
  'last event',
  'events',
  'refused',
  'numbers missing',
  'told p50',
  'p95',
  'received p50',
  'p95',
  'silent days',
  'balances of the last day',
];

function cells(feed: Feed): string[] {
  const { sequence, delays, completeness } = feed;
  const share = (feed.rejected * 100) / Math.max(1, feed.events + feed.rejected);
  const newest = completeness[0];
  return [
    feed.source,
    feed.lastEventAt === null ? '' : formatTime(feed.lastEventAt).slice(0, 16),
    String(feed.events),
    feed.rejected === 0 ? '0' : `${feed.rejected} (${share.toFixed(2)}%)`,
    sequence === null ? 'no numbers' : gapsOf(sequence),
    ...[delays.told.p50, delays.told.p95, delays.received.p50, delays.received.p95].map(duration),
    String(feed.daysWithout.length),
    newest === undefined ? '' : `${newest.reported} of ${newest.accounts}`,
  ];
}

/** Gaps shown in a table; `--json` has more. */
const GAPS_SHOWN_MAX = 3;

function gapsOf({ missing, gaps }: NonNullable<Feed['sequence']>): string {
  if (missing === 0) return '0';
  const shown = gaps.slice(0, GAPS_SHOWN_MAX).map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`));
  return `${missing} (${shown.join(', ')}${gaps.length > GAPS_SHOWN_MAX ? ', …' : ''})`;
}

function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}

function jsonOf(feed: Feed): object {
  return {
    ...feed,
    firstReceivedAt: formatTime(feed.firstReceivedAt),
    lastReceivedAt: formatTime(feed.lastReceivedAt),
    lastEventAt: feed.lastEventAt === null ? null : formatTime(feed.lastEventAt),
    daysWithout: feed.daysWithout.map(formatDay),
    completeness: feed.completeness.map((one) => ({ ...one, day: formatDay(one.day) })),
  };
}
