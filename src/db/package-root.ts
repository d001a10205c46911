import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/** The folder of this package's package.json: the same whether the program runs from `dist` or from its TypeScript. */
export function packageRoot(): string {
  found ??= walkUp(path.dirname(fileURLToPath(import.meta.url)));
  return found;
}

function walkUp(folder: string): string {
  const file = path.join(folder, 'package.json');
  if (existsSync(file)) {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
    if (name === 'feewarden') return folder;
  }
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('the package.json of feewarden is not above this file');
  return walkUp(parent);
}
