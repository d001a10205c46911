import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { packageRoot } from '../../src/db/package-root.js';
import { rangeOf } from '../../src/risk/params.js';
import type { Rule } from '../../src/risk/rule.js';
import { NOW, school, TODAY } from '../risk/builders.js';

/** The worked example of the manual: what it prints is compiled and run. */
const root = packageRoot();
const text = readFileSync(path.join(root, 'docs', 'adding-a-rule.md'), 'utf8');
const [ruleText, testText, listText] = blocks('ts');
const folder = mkdtempSync(path.join(root, 'node_modules', '.adding-a-rule-'));
afterAll(() => rmSync(folder, { recursive: true }));
const RULE_FILE = path.join(folder, 'b14-cash-payments.ts');
const TEST_FILE = path.join(folder, 'b14.unit.test.ts');
writeFileSync(RULE_FILE, from('src/risk/rules', ruleText!));
writeFileSync(
  TEST_FILE,
  from('test/risk/rules', testText!).replace(/'[^']*b14-cash-payments\.js'/, `'./b14-cash-payments.js'`),
);
const { rule } = (await import(RULE_FILE)) as { rule: Rule };
// As if the line stood in the list.
vi.doMock('../../src/risk/rules/list.js', async (original) => {
  const list = (await original()) as typeof import('../../src/risk/rules/list.js');
  return { ...list, RULES: [...list.RULES, rule] };
});
const { evaluateInstitution } = await import('../../src/risk/evaluate.js');
const { parsePolicy } = await import('../../src/risk/policy/policy.js');
// Its tests become tests of this file.
await import(TEST_FILE);

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
}

/** The imports as they are seen from another folder. */
function from(place: string, code: string): string {
  return code.replace(
    /from '(\.\.?\/[^']*)'/g,
    (_, named: string) => `from '${path.relative(folder, path.join(root, place, named))}'`,
  );
}

describe('the worked example of adding a rule', () => {
  it('compiles under the settings of the project', async () => {
    const project = path.join(folder, 'tsconfig.json');
    writeFileSync(
      project,
      JSON.stringify({ extends: path.join(root, 'tsconfig.json'), include: [RULE_FILE, TEST_FILE] }),
    );
    const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
    const output = await promisify(execFile)(tsc, ['--noEmit', '-p', project]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
    expect(output).toBe('');
  });

  it('is asked at an evaluation once it stands in the list, with the figures of the place', () => {
    const entry = JSON.parse(blocks('json')[0]!) as { region: string; validFrom: string };
    const policy = parsePolicy({ version: 'example', entries: [{ ...entry, validFrom: '2026-01-01' }] });
    const levelAt = (regionCode: string) => {
      const one = school().profile({ regionCode });
      for (let i = 0; i < 100; i += 1) one.payment({ paidOn: TODAY - 5, channel: i < 20 ? 'cash' : 'wechat' });
      const { findings } = evaluateInstitution(one.rows(), null, NOW, CHINA_CALENDAR, policy);
      return findings.find((finding) => finding.rule === rule)?.level;
    };
    expect(levelAt('370702')).toBe('yellow');
    expect(levelAt('370802')).toBe('blue');
  });

  it('has a line for the list, and an entry of a policy with names and figures that the rule knows', () => {
    const list = readFileSync(path.join(root, 'src', 'risk', 'rules', 'list.ts'), 'utf8');
    const line = list.split('\n').find((one) => one.includes('b13-'))!;
    expect(listText!.trim()).toMatch(
      new RegExp(`^${line.replace('b13', 'b14').replace(/b13-[a-z-]+/, '[a-z0-9-]+')}$`),
    );
    const entry = JSON.parse(blocks('json')[0]!) as { rule: string; params: Record<string, { value: number }> };
    expect(entry.rule).toBe(rule.id);
    for (const [name, { value }] of Object.entries(entry.params)) {
      const [least, most] = rangeOf(rule.params[name]!);
      expect(value).toBeGreaterThanOrEqual(least);
      expect(value).toBeLessThanOrEqual(most);
    }
  });
});
