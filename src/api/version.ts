import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../db/package-root.js';

/** The program's version, for its description; no answer and no header names it. */
export const API_VERSION: string = (
  JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
).version;
