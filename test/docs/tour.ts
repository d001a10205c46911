import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/db/package-root.js';

/** A block of commands of the tour, with what the README shows as its output. */
export interface TourStep {
  readonly commands: string;
  /** Runs in a terminal of its own, and goes on. */
  readonly background: boolean;
  /** Lines; `…` stands for anything. Empty when the README shows none. */
  readonly shown: readonly string[];
  /** First line of the block in the document, for messages. */
  readonly line: number;
}

/** The blocks marked `sh tour` or `sh tour:background`, each with the block of text that follows it directly. */
export function readTour(document: string): TourStep[] {
  const text = readFileSync(path.join(packageRoot(), document), 'utf8');
  const block = /```sh tour(:background)?\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```\n)?/g;
  return [...text.matchAll(block)].map((match) => ({
    commands: match[2]!,
    background: match[1] !== undefined,
    shown: (match[3] ?? '').split('\n').filter((line) => line.trim() !== ''),
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The first shown line that the output lacks (in this order; white space counts as one space), or null when all are there. */
export function firstMissing(shown: readonly string[], output: string): string | null {
  let rest = output.replaceAll(/\s+/g, ' ');
  for (const line of shown) {
    const parts = line.split('…').map((part) => part.replaceAll(/\s+/g, ' ').trim());
    for (const part of parts.filter((one) => one !== '')) {
      const at = rest.indexOf(part);
      if (at === -1) return line;
      rest = rest.slice(at + part.length);
    }
  }
  return null;
}
