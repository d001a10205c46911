import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { copyFor } from '../../src/db/embedded/binaries.js';

let folder: string;
let native: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'binaries-'));
  native = path.join(folder, 'package', 'native');
  mkdirSync(path.join(native, 'bin'), { recursive: true });
  writeFileSync(path.join(native, 'bin', 'postgres'), '');
  writeFileSync(path.join(folder, 'package', 'package.json'), '{ "version": "1" }');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('the programs are copied into the temporary folder, and a second call finds them', () => {
  vi.stubEnv('TMPDIR', folder);
  const copy = copyFor(native);
  expect(copy.startsWith(folder)).toBe(true);
  expect(existsSync(path.join(copy, 'bin', 'postgres'))).toBe(true);
  expect(copyFor(native)).toBe(copy);
});

test('a temporary folder into which nothing can be copied is told with what to do', () => {
  vi.stubEnv('TMPDIR', path.join(folder, 'missing'));
  expect(() => copyFor(native)).toThrow(FeewardenError);
  expect(() => copyFor(native)).toThrow(/cannot be copied to .*missing.*ENOENT.*: set TMPDIR to a folder/);
});
