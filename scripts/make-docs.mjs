// Writes the generated parts of docs/*.md, each between <!-- generated:NAME --> and <!-- end -->, from the program's own tables, so
// that what a developer elsewhere reads is what the program does. `npm run build && node scripts/make-docs.mjs`; a test says when it
// must be run again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { COMMON, TYPES } from './docs/event-words.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Files with generated parts. */
export const DOCUMENTS = ['docs/events.md', 'docs/interfaces.md', 'docs/operations.md', 'docs/rules.md'];

/** A document's text with its generated parts made anew. `tables`: see `TABLES`. Throws when a part is unknown or not closed. */
export function renderDocument(text, tables) {
  const parts = {
    'event-types': () => eventTypes(tables.EVENT_TYPES, tables.wireName),
    'rejection-codes': () => codes(tables.ERRORS, ['rejected']),
    'error-codes': () => codes(tables.ERRORS, ['usage', 'transient', 'fatal']),
    settings: () => settings(tables.SETTINGS, readFileSync(path.join(root, '.env.example'), 'utf8')),
    rules: () => rules(tables.RULES),
  };
  const opened = text.match(/<!-- generated:/g)?.length ?? 0;
  let closed = 0;
  const made = text.replaceAll(/<!-- generated:([a-z-]+) -->\n[\s\S]*?<!-- end -->/g, (_, name) => {
    closed += 1;
    if (!parts[name]) throw new Error(`there is no generated part "${name}"`);
    return `<!-- generated:${name} -->\n\n${parts[name]().trim()}\n\n<!-- end -->`;
  });
  if (opened !== closed) throw new Error('a generated part has no <!-- end -->');
  return made;
}

/** Modules of the program that hold the tables. */
export const TABLES = ['src/events/list', 'src/core/errors', 'src/config', 'src/risk/rules/list'];

function eventTypes(types, wireName) {
  const left = new Set(Object.keys(TYPES));
  const sections = types.map((listed) => {
    const words = TYPES[listed.type];
    if (!words) throw new Error(`scripts/docs/event-words.mjs: no words for ${listed.type}`);
    left.delete(listed.type);
    const lines = fieldRows(listed, words);
    const example = JSON.stringify(listed.example, null, 2);
    return [
      `### \`${wireName(listed.type)}\``,
      words.what,
      ['| field | form | meaning |', '|---|---|---|', ...lines].join('\n'),
      `<details><summary>Example</summary>\n\n\`\`\`json\n${example}\n\`\`\`\n\n</details>`,
    ].join('\n\n');
  });
  if (left.size > 0) throw new Error(`scripts/docs/event-words.mjs: words for unknown types: ${[...left].join(', ')}`);
  return sections.join('\n\n');
}

function fieldRows(listed, words) {
  const schema = z.toJSONSchema(listed.schema, { io: 'input' });
  const left = new Set(Object.keys(words.fields));
  const rows = fieldsOf(schema, '').map(({ name, required, form }) => {
    const meaning = words.fields[name] ?? COMMON[name];
    if (!meaning) throw new Error(`scripts/docs/event-words.mjs: no words for ${listed.type} ${name}`);
    left.delete(name);
    return `| \`${name}\`${required ? '' : ' ?'} | ${form} | ${meaning} |`;
  });
  if (left.size > 0) throw new Error(`scripts/docs/event-words.mjs: ${listed.type} has no ${[...left].join(', ')}`);
  return rows;
}

function fieldsOf(schema, prefix) {
  return Object.entries(schema.properties).flatMap(([key, field]) => {
    const name = `${prefix}${key}`;
    const required = schema.required?.includes(key) ?? false;
    const inner = field.type === 'array' ? field.items : field;
    const below = inner.properties ? fieldsOf(inner, `${name}.`) : [];
    return [{ name, required, form: formOf(field) }, ...below];
  });
}

const FORMS = new Map([
  ['^[0-9]{6}$', '6 digits'],
  ['^[0-9]{4}$', '4 digits'],
  ['^[0-9a-fA-F]{16,128}$', 'hash'],
  ['^[\\x20-\\x7e]{1,128}$', 'id'],
  ['^[\\x21-\\x7e]{1,256}$', 'source'],
]);

function formOf(field) {
  if (field.type === 'array') return `list of ${formOf(field.items)}`;
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.format === 'date') return 'date';
  if (field.format === 'date-time') return 'time';
  if (field.pattern) return FORMS.get(field.pattern) ?? field.pattern;
  if (field.type === 'integer') return integerForm(field);
  if (field.type === 'number') return 'hours';
  if (field.type === 'string') return field.maxLength ? `text, at most ${field.maxLength}` : 'date or time';
  return field.type;
}

function integerForm({ minimum, maximum }) {
  if (maximum < Number.MAX_SAFE_INTEGER) return `integer, ${minimum} to ${maximum}`;
  return minimum === 0 ? 'fen' : 'fen, may be negative';
}

function codes(errors, kinds) {
  const rows = Object.entries(errors).filter(([, entry]) => kinds.includes(entry.kind));
  const lines = rows.map(([code, entry]) => `| \`${code}\` | ${entry.status} | ${entry.message} |`);
  return ['| code | HTTP | meaning |', '|---|---|---|', ...lines].join('\n');
}

function settings(rows, example) {
  const explained = explanations(example);
  const lines = Object.values(rows).map(({ variable, fallback, allowed, secret }) => {
    const shown = fallback === null || fallback.length === 0 ? '–' : `\`${fallback}\``;
    if (!explained.has(variable)) throw new Error(`.env.example does not explain ${variable}`);
    return `| \`${variable}\` | ${shown} | ${allowed}${secret ? ' (secret)' : ''} | ${explained.get(variable)} |`;
  });
  return ['| variable | default | allowed | meaning |', '|---|---|---|---|', ...lines].join('\n');
}

/** Variable → the comment above it; neighbours without a blank line between them share theirs. */
function explanations(example) {
  const found = new Map();
  for (const block of example.split(/\n\s*\n/)) {
    const lines = block.split('\n');
    const words = lines.filter((line) => /^# [^-]/.test(line)).map((line) => line.slice(2).trim());
    const variables = lines.map((line) => /^#([A-Z_]+)=/.exec(line)?.[1]).filter(Boolean);
    for (const variable of variables) found.set(variable, words.join(' '));
  }
  return found;
}

/** A day is a number inside; people read and write it as a date. */
function shown({ value, unit }) {
  return unit === 'day' ? new Date(value * 86_400_000).toISOString().slice(0, 10) : value;
}

function rules(list) {
  const names = { ours: 'our default', rule: 'set by rule', derived: 'derived', analog: 'borrowed' };
  return [...list]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((rule) => {
      const params = Object.entries(rule.params).map(
        ([name, spec]) => `| \`${name}\` | ${shown(spec)} | ${spec.unit} | ${names[spec.source]} | ${spec.note} |`,
      );
      const table = ['| threshold | default | unit | origin | note |', '|---|---|---|---|---|', ...params];
      return [
        `### ${rule.id} ${rule.name.en} · ${rule.name.zh}`,
        `${rule.question.en} ${rule.question.zh}`,
        `Basis: ${rule.basis.en} (${rule.basis.zh}). Version ${rule.version}.`,
        params.length > 0 ? table.join('\n') : 'No thresholds.',
      ].join('\n\n');
    })
    .join('\n\n');
}

async function readTables() {
  const modules = TABLES.map((name) => import(pathToFileURL(path.join(root, 'dist', `${name}.js`)).href));
  return Object.assign({}, ...(await Promise.all(modules)));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tables = await readTables();
  for (const document of DOCUMENTS) {
    const file = path.join(root, document);
    if (!existsSync(file)) throw new Error(`${document} is missing`);
    const before = readFileSync(file, 'utf8');
    const after = renderDocument(before, tables);
    if (before !== after) writeFileSync(file, after);
    console.log(`${before === after ? 'as it was' : 'written  '} ${document}`);
  }
}
