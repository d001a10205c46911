import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { type ParamSpec, rangeOf } from '../../src/risk/params.js';
import { RULES, ruleById } from '../../src/risk/rules/list.js';
import { SCORE_PARAMS } from '../../src/risk/score-params.js';
import { ask, depositSchool, expectWellFormed, NOW, nobody, school } from './builders.js';

const DIR = new URL('../../src/risk/rules/', import.meta.url);
const files = readdirSync(DIR).filter((name) => name.endsWith('.ts') && name !== 'list.ts');

describe('the list of rules', () => {
  it('has one line for every file, and one file for every line', () => {
    const list = readFileSync(new URL('list.ts', DIR), 'utf8');
    for (const file of files) expect(list).toContain(`'./${file.replace('.ts', '.js')}'`);
    expect(RULES).toHaveLength(files.length);
  });

  it('has every rule of the rulebook once, under the name of its file', () => {
    const ids = RULES.map((rule) => rule.id);
    const numbered = (group: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${group}${String(i + 1).padStart(2, '0')}`);
    const wanted = [
      ...numbered('A', 13),
      ...numbered('B', 13),
      ...numbered('C', 10),
      ...numbered('D', 7),
      ...numbered('E', 5),
      ...numbered('F', 12),
      'G04',
    ];
    expect(ids).toEqual(expect.arrayContaining(wanted));
    expect(new Set(ids).size).toBe(ids.length);
    expect(files.map((file) => file.slice(0, 3).toUpperCase()).sort()).toEqual([...ids].sort());
    for (const rule of RULES) expect(rule.group).toBe(rule.id.slice(0, 1));
  });

  it('puts a rule after all whose findings it reads, and the watch list before the groups it raises', () => {
    const at = (id: string) => RULES.findIndex((rule) => rule.id === id);
    RULES.forEach((rule, index) => {
      for (const read of rule.reads) {
        const read_ = RULES.filter((other) => other.id === read || other.group === read);
        expect(read_.length).toBeGreaterThan(0);
        for (const other of read_) expect(at(other.id), `${rule.id} reads ${other.id}`).toBeLessThan(index);
      }
    });
    expect(at('E04')).toBe(0);
  });

  it('names no section of a document that a reader does not have', () => {
    const specs = [...RULES.map((rule) => rule.params), COMMON_PARAMS, SCORE_PARAMS];
    const notes = specs.flatMap((params) => Object.values<ParamSpec>(params).map(({ note }) => note));
    const texts = [...notes, ...RULES.flatMap(({ basis }) => [basis.zh, basis.en])];
    expect(texts.filter((text) => /(^|[^¥\d])\d\.\d+[,;)]|\b[Ss]ection \d/.test(text))).toEqual([]);
  });

  it('finds a rule by its id', () => {
    expect(ruleById('C01')?.name.en).toBe('Overdue refund');
    expect(ruleById('G01')).toBeUndefined();
  });
});

describe('every rule', () => {
  it.each(RULES.map((rule) => [rule.id, rule] as const))(
    '%s says in both languages what it asks and on what it rests',
    (_, rule) => {
      for (const { zh, en } of [rule.name, rule.question, rule.basis]) {
        expect(zh).toMatch(/\p{Script=Han}/u);
        expect(en).toMatch(/^[^\p{Script=Han}]+$/u);
      }
      expect(rule.question.en).toMatch(/\?$/);
      expect(rule.version).toBeGreaterThan(0);
    },
  );

  it.each(RULES.map((rule) => [rule.id, rule] as const))(
    '%s has thresholds with a source, inside their range and in order',
    (_, rule) => {
      for (const [name, spec] of Object.entries(rule.params)) {
        const [min, max] = rangeOf(spec);
        expect(Number.isSafeInteger(spec.value), name).toBe(true);
        expect(spec.value, name).toBeGreaterThanOrEqual(min);
        expect(spec.value, name).toBeLessThanOrEqual(max);
        expect(spec.note, name).not.toBe('');
      }
      for (const order of rule.order) {
        for (let i = 1; i < order.length; i += 1)
          expect(rule.params[order[i - 1]!]!.value).toBeLessThanOrEqual(rule.params[order[i]!]!.value);
      }
    },
  );

  it.each(RULES.map((rule) => [rule.id, rule] as const))(
    '%s answers about an institution of which nothing, or little, is known',
    (_, rule) => {
      for (const one of [
        nobody(),
        nobody().account({}),
        school(),
        depositSchool(0),
        school().learners(0).unearned(0).history(0),
      ]) {
        expectWellFormed(rule, ask(rule, one), NOW);
      }
    },
  );
});
