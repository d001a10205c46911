import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { EVENT_TYPES, wireName } from '../events/list.js';
import { DOCS_PREFIX } from './auth.js';
import type { Api } from './deps.js';
import { CSP_OF_DOCS } from './headers.js';
import { MEDIA_XML } from './routes/bank-statements.js';
import { MEDIA_BATCH, MEDIA_EVENT, MEDIA_JSON, MEDIA_LINES } from './routes/events.js';

export type { ZodTypeProvider };

/** A bigint is an integer in JSON; zod has no JSON schema for it. */
const zodToJsonConfig = {
  target: 'draft-2020-12',
  unrepresentable: 'any',
  override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    const kind = zodSchema._zod.def.type;
    if (kind === 'bigint') jsonSchema.type = 'integer';
    if (kind === 'undefined') jsonSchema.type = 'null';
  },
} as const;

const DESCRIPTION = `Custody books to the fen, risk findings with their reasons, and alerts.

Errors are RFC 9457 problems with a stable \`code\`. Lists take \`limit\` and \`cursor\`; \`nextCursor\` is null on the last page. Times are RFC 3339, days are \
days in Asia/Shanghai, money is integer fen and may be beyond 2^53. An id outside the caller's region is answered as if it did not exist.`;

/** Describes the routes that are added after it. */
export async function addOpenApi(app: Api, version: string): Promise<void> {
  const transformSchemas = createJsonSchemaTransformObject({ zodToJsonConfig });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Feewarden',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: TAGS,
      security: [{ key: [] }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer fw_<id>_<secret>`.' },
        },
      },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: (document) => withEventBodies(transformSchemas(document) as OpenApiDocument) as never,
  });
}

const TAGS = [
  { name: 'events', description: 'What banks and platforms send' },
  { name: 'institutions', description: 'Who is supervised' },
  { name: 'books', description: 'Their money' },
  { name: 'scores', description: 'How risky they are' },
  { name: 'alerts', description: 'What the regulator is told' },
  { name: 'reconciliation', description: 'Whether platform, books and banks agree, and what comes from whom' },
  { name: 'policies', description: 'The thresholds' },
  { name: 'subscriptions', description: 'Webhooks' },
  { name: 'operations', description: 'Health and metrics' },
];

/** The document at /openapi.json and for people at /docs; everything comes from this server. */
export async function addDocs(app: Api): Promise<void> {
  app.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } as object }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
  await app.register(swaggerUi, {
    routePrefix: DOCS_PREFIX,
    staticCSP: CSP_OF_DOCS,
    uiConfig: { deepLinking: true, validatorUrl: null },
  });
}

interface OpenApiDocument {
  readonly paths: Record<string, Record<string, { requestBody?: unknown }>>;
  readonly components: { schemas: Record<string, unknown> };
}

/** The bodies of POST /v1/events and POST /v1/bank-statements are read as bytes, part by part, so the routes have no schema for them. */
function withEventBodies(document: OpenApiDocument): OpenApiDocument {
  const event = { $ref: '#/components/schemas/CloudEvent' };
  const events = { type: 'array', items: event };
  document.components.schemas.CloudEvent = CLOUD_EVENT;
  const operation = document.paths['/v1/events']?.post;
  if (operation) {
    operation.requestBody = {
      required: true,
      content: {
        [MEDIA_EVENT]: { schema: event, example: EXAMPLE },
        [MEDIA_BATCH]: { schema: events, example: [EXAMPLE] },
        [MEDIA_JSON]: { schema: { anyOf: [event, events] }, example: EXAMPLE },
        [MEDIA_LINES]: {
          schema: { type: 'string', description: 'One event per line.' },
          example: `${JSON.stringify(EXAMPLE)}\n`,
        },
      },
    };
  }
  const statements = document.paths['/v1/bank-statements']?.post;
  if (statements) {
    const schema = { type: 'string', description: 'ISO 20022 camt.052, camt.053 or camt.054.' };
    statements.requestBody = { required: true, content: { [MEDIA_XML]: { schema } } };
  }
  return document;
}

const EXAMPLE = EVENT_TYPES.find((listed) => listed.type === 'payment.succeeded')!.example;

const CLOUD_EVENT = {
  type: 'object',
  description: 'CloudEvents 1.0 in JSON. `data` has the fields of its type; fields that are not known are kept.',
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1, maxLength: 128, description: 'Unique within source.' },
    source: { type: 'string', maxLength: 256, description: 'URI reference of the sender, such as /bank/B403.' },
    type: { enum: EVENT_TYPES.map((listed) => wireName(listed.type)) },
    subject: { type: 'string', description: 'Institution id.' },
    time: { type: 'string', format: 'date-time', description: 'When it happened.' },
    recordedtime: { type: 'string', format: 'date-time', description: 'When the source knew it; default time.' },
    sequence: { type: 'string', pattern: '^[0-9]{1,128}$' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
  },
};
