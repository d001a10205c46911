import type { Api } from './deps.js';

/** The methods of the registered routes that a path fits, in alphabetical order; none for a path that no route knows. */
export type AllowedMethods = (path: string) => readonly string[];

interface Pattern {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

/** Remembers the routes that are added after it, so that a wrong method is told from an unknown path (RFC 9110, 15.5.6). */
export function collectMethods(app: Api): AllowedMethods {
  const patterns: Pattern[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    patterns.push({ methods: [method].flat(), segments: url.split('/') });
  });
  return (path) => {
    const segments = path.split('/');
    const fitting = patterns.filter((pattern) => fits(pattern.segments, segments));
    return [...new Set(fitting.flatMap(({ methods }) => methods))].sort();
  };
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isPrefix = pattern.at(-1) === '*';
  if (isPrefix ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((part, at) => part === '*' || part.startsWith(':') || part === segments[at]);
}
