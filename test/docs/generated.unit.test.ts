import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as config from '../../src/config.js';
import * as errors from '../../src/core/errors.js';
import { packageRoot } from '../../src/db/package-root.js';
import * as events from '../../src/events/list.js';
import * as rules from '../../src/risk/rules/list.js';

interface MakeDocs {
  readonly DOCUMENTS: readonly string[];
  readonly TABLES: readonly string[];
  renderDocument(text: string, tables: object): string;
}
// A variable, because the script has no types.
const script = '../../scripts/make-docs.mjs';
const { DOCUMENTS, TABLES, renderDocument } = (await import(script)) as MakeDocs;

const tables = { ...config, ...errors, ...events, ...rules };

describe('generated documents', () => {
  for (const document of DOCUMENTS) {
    test(`${document} says what the program does (else: npm run build && node scripts/make-docs.mjs)`, () => {
      const text = readFileSync(path.join(packageRoot(), document), 'utf8');
      expect(text).toContain('<!-- generated:');
      expect(renderDocument(text, tables)).toBe(text);
    });
  }

  test('come from the tables that are compared here', () => {
    expect(TABLES).toEqual(['src/events/list', 'src/core/errors', 'src/config', 'src/risk/rules/list']);
  });

  test('are refused when a part is unknown or not closed', () => {
    expect(() => renderDocument('<!-- generated:surprise -->\n<!-- end -->', tables)).toThrow('surprise');
    expect(() => renderDocument('<!-- generated:rules -->\n', tables)).toThrow('<!-- end -->');
  });
});
