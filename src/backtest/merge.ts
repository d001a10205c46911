import { type AlertLine, inOrder } from './replay.js';

/** Brings alerts that are each in order into one order, in portions. */
export function* mergeLines(sources: readonly (readonly AlertLine[])[], portion: number): Generator<AlertLine[]> {
  const next = sources.map(() => 0);
  let lines: AlertLine[] = [];
  for (;;) {
    let first: AlertLine | undefined;
    let from = -1;
    sources.forEach((source, at) => {
      const line = source[next[at]!];
      if (line === undefined || (first !== undefined && inOrder(first, line) <= 0)) return;
      first = line;
      from = at;
    });
    if (first === undefined) break;
    next[from]! += 1;
    lines.push(first);
    if (lines.length < portion) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}
