import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../../src/events/list.js';
import { account, institution, payment, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';
import { seedAlert, seedEvaluation, seedScore } from './seed.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: string[];
  readonly security?: unknown[];
  readonly parameters?: { name: string; in: string; required?: boolean; schema: object; description?: string }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object>; securitySchemes: object };
  readonly security: unknown[];
  readonly tags: { name: string }[];
}

const SCHOOL = uscc(1);
let h: Harness;
let document: Document;
let operations: (readonly [string, Operation])[];

beforeAll(async () => {
  h = await startHarness();
  const bad = payment(SCHOOL, 'x', -1);
  await h.call('POST', '/v1/events', {
    body: [institution(SCHOOL, '370702'), account(SCHOOL), payment(SCHOOL, 'p', 1), bad],
  });
  await seedEvaluation(h.db.pool, SCHOOL, { score: 60, level: 'orange' });
  await seedScore(h.db.pool, SCHOOL, 1, 60);
  await seedAlert(h.db.pool, SCHOOL, { alertId: 'a1' });
  document = (await h.call('GET', '/openapi.json', { key: null })).json;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
});
afterAll(() => h.close());

describe('the document', () => {
  test('is OpenAPI 3.1 and describes exactly what can be called', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map(([name]) => name).sort()).toEqual([
      'DELETE /v1/policies/shadow',
      'DELETE /v1/subscriptions/{subscriptionId}',
      'GET /healthz',
      'GET /metrics',
      'GET /readyz',
      'GET /v1/alerts',
      'GET /v1/alerts/{alertId}',
      'GET /v1/breaks',
      'GET /v1/breaks/{breakId}',
      'GET /v1/feeds',
      'GET /v1/institutions',
      'GET /v1/institutions/{id}',
      'GET /v1/institutions/{id}/alerts',
      'GET /v1/institutions/{id}/books',
      'GET /v1/institutions/{id}/journal',
      'GET /v1/institutions/{id}/refunds',
      'GET /v1/institutions/{id}/score',
      'GET /v1/institutions/{id}/score/remedies',
      'GET /v1/institutions/{id}/scores',
      'GET /v1/jobs',
      'GET /v1/policies',
      'GET /v1/policies/shadow',
      'GET /v1/policies/{version}',
      'GET /v1/policies/{version}/diff',
      'GET /v1/rejected',
      'GET /v1/subscriptions',
      'GET /v1/subscriptions/{subscriptionId}',
      'GET /v1/subscriptions/{subscriptionId}/deliveries',
      'PATCH /v1/subscriptions/{subscriptionId}',
      'POST /v1/bank-statements',
      'POST /v1/breaks/{breakId}/notes',
      'POST /v1/events',
      'POST /v1/policies',
      'POST /v1/policies/{version}/approval',
      'POST /v1/policies/{version}/shadow',
      'POST /v1/reconciliations',
      'POST /v1/subscriptions',
      'POST /v1/subscriptions/{subscriptionId}/replay',
    ]);
  });

  test('each operation says what it is for, and no two have one id', () => {
    const tags = document.tags.map((tag) => tag.name);
    for (const [name, operation] of operations) {
      expect([
        name,
        operation.summary?.length > 0,
        operation.description?.length > 0,
        operation.tags.every((tag) => tags.includes(tag)),
      ]).toEqual([name, true, true, true]);
    }
    expect(new Set(operations.map(([, operation]) => operation.operationId)).size).toBe(operations.length);
  });

  test('only health and metrics need no key', () => {
    expect(document.security).toEqual([{ key: [] }]);
    expect(document.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
    const open = operations.filter(([, operation]) => operation.security !== undefined);
    expect(open.map(([name, operation]) => [name, operation.security])).toEqual([
      ['GET /healthz', []],
      ['GET /readyz', []],
      ['GET /metrics', []],
    ]);
  });

  test('each operation with a key has its success and its problems', () => {
    for (const [name, operation] of operations.filter(([, one]) => one.security === undefined)) {
      const statuses = Object.keys(operation.responses);
      expect([name, statuses.some((status) => status.startsWith('2'))]).toEqual([name, true]);
      expect([name, ['401', '403', '429', '500', '503'].filter((status) => !statuses.includes(status))]).toEqual([
        name,
        [],
      ]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect([name, status, response.description.length > 0]).toEqual([name, status, true]);
        if (!status.startsWith('2'))
          expect(response.content).toEqual({
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          });
      }
      if (name.includes('{')) expect([name, statuses.includes('404')]).toEqual([name, true]);
    }
  });

  test('every parameter in a path is described and required, and every parameter has a schema', () => {
    for (const [name, operation] of operations) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect([name, described.map((parameter) => parameter.name)]).toEqual([name, inPath]);
      expect(
        described.every((parameter) => parameter.required === true && (parameter.description?.length ?? 0) > 0),
      ).toBe(true);
      expect((operation.parameters ?? []).every((parameter) => Object.keys(parameter.schema).length > 0)).toBe(true);
    }
  });

  test('the bodies of POST /v1/events are described for each media type, with examples that are accepted', async () => {
    const { content } = document.paths['/v1/events']!.post!.requestBody!;
    expect(Object.keys(content)).toEqual([
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'application/json',
      'application/x-ndjson',
    ]);
    let first = true;
    for (const [type, media] of Object.entries(content)) {
      const { example } = media as unknown as { example: unknown };
      const { json } = await h.call('POST', '/v1/events', { type, body: example });
      expect([type, json]).toEqual([type, { accepted: first ? 1 : 0, duplicates: first ? 0 : 1, rejected: [] }]);
      first = false;
    }
  });

  test('every reference leads somewhere and every schema is valid JSON Schema 2020-12', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
    const ajv = validator();
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => ajv.compile({ $ref: `doc#/components/schemas/${name}` })).not.toThrow();
    }
  });

  test('an empty schema, which would allow anything, is nowhere in an answer', () => {
    for (const [name, operation] of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        for (const media of Object.values(response.content ?? {}))
          expect([name, status, Object.keys(media.schema).length > 0]).toEqual([name, status, true]);
      }
    }
  });
});

function validator(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document as unknown as object, 'doc');
  return ajv;
}

describe('real answers fit the document', () => {
  test.each([
    '/v1/institutions',
    '/v1/institutions/{id}',
    '/v1/institutions/{id}/score',
    '/v1/institutions/{id}/score/remedies',
    '/v1/institutions/{id}/scores',
    '/v1/institutions/{id}/books',
    '/v1/institutions/{id}/journal',
    '/v1/institutions/{id}/refunds',
    '/v1/institutions/{id}/alerts',
    '/v1/alerts',
    '/v1/alerts/{alertId}',
    '/v1/rejected',
    '/v1/policies',
    '/v1/subscriptions',
    '/readyz',
    '/healthz',
  ])('GET %s', async (path) => {
    const answer = await h.call('GET', path.replace('{id}', SCHOOL).replace('{alertId}', 'a1'));
    expect(answer.status).toBe(200);
    if (Array.isArray(answer.json.items) && !path.endsWith('refunds') && path !== '/v1/subscriptions')
      expect(answer.json.items.length).toBeGreaterThan(0);
    const escaped = path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
    const validate = validator().compile({
      $ref: `doc#/paths/${escaped}/get/responses/200/content/application~1json/schema`,
    });
    expect([validate(answer.json), validate.errors]).toEqual([true, null]);
  });

  test('a problem', async () => {
    const { json } = await h.call('GET', '/v1/nothing');
    const validate = validator().compile({ $ref: 'doc#/components/schemas/Problem' });
    expect([validate(json), validate.errors]).toEqual([true, null]);
  });

  test('every example of the contract fits CloudEvent', () => {
    const validate = validator().compile({ $ref: 'doc#/components/schemas/CloudEvent' });
    for (const { example } of EVENT_TYPES) expect([validate(example), validate.errors]).toEqual([true, null]);
  });
});

describe('for people', () => {
  test('the pages come from this server alone', async () => {
    const page = await h.call('GET', '/docs', { key: null });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'self'; .*script-src 'self';/);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file).toMatch(/^\/docs\/static\//);
      expect([file, (await h.call('GET', file, { key: null })).status]).toEqual([file, 200]);
    }
    const initializer = await h.call('GET', '/docs/static/swagger-initializer.js', { key: null });
    // Otherwise the page would send the document to a service outside for its badge.
    expect(initializer.text).toContain('"validatorUrl":null');
    expect((await h.call('GET', '/docs/json', { key: null })).json.openapi).toBe('3.1.0');
  });
});

test('a route that does not say who may call it cannot be added', async () => {
  const own = await startHarness();
  try {
    expect(() => own.app.get('/open-by-mistake', async () => 'x')).toThrow();
  } finally {
    await own.close();
  }
});
