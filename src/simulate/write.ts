import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { History } from './history.js';

export interface WriteOptions {
  readonly folder: string;
  readonly gzip: boolean;
  /** Days written so far. */
  readonly onDay: (days: number) => void;
}

const GZIP_LEVEL = 5;

/** Writes events, labels and meta of a history; never holds more than the lines of a day. Answers the path of the events. */
export async function writeHistory(history: History, options: WriteOptions): Promise<string> {
  await mkdir(options.folder, { recursive: true });
  const path = join(options.folder, options.gzip ? 'events.ndjson.gz' : 'events.ndjson');
  const file = createWriteStream(path);
  await once(file, 'open');
  // mtime 0 and no name: the same history gives the same bytes, compressed as well.
  const sink = options.gzip ? createGzip({ level: GZIP_LEVEL }) : file;
  if (sink !== file) sink.pipe(file);
  let days = 0;
  for (const { lines } of history.days()) {
    for (let at = 0; at < lines.length; at += LINES_PER_WRITE) {
      const part = `${lines.slice(at, at + LINES_PER_WRITE).join('\n')}\n`;
      if (!sink.write(part)) await once(sink, 'drain');
    }
    days += 1;
    options.onDay(days);
  }
  sink.end();
  await finished(file);
  await writeFile(join(options.folder, 'labels.json'), `${JSON.stringify(history.labels(), null, 1)}\n`);
  await writeFile(join(options.folder, 'meta.json'), `${JSON.stringify(history.meta(), null, 1)}\n`);
  return path;
}

const LINES_PER_WRITE = 5_000;
