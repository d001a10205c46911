import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.js';
import { FeewardenError } from '../../core/errors.js';
import { bytesOfBody, createAdmission, mediaTypeOf, refuseCharset, refusePacked } from '../admission.js';
import { callerOf } from '../auth.js';
import { createIngest, type IngestAnswer, type IngestDeps, ingestJson, ingestLines, type Sender } from '../ingest.js';
import { answers } from '../schemas.js';
import type { AddRoutes } from './context.js';

export const MEDIA_EVENT = 'application/cloudevents+json';
export const MEDIA_BATCH = 'application/cloudevents-batch+json';
export const MEDIA_JSON = 'application/json';
export const MEDIA_LINES = 'application/x-ndjson';

const DESCRIPTION = `Takes in events of the contract and answers after they are committed.

A body is one event (\`${MEDIA_EVENT}\`), an array of events (\`${MEDIA_BATCH}\`), either of them (\`${MEDIA_JSON}\`), or one event per line \
(\`${MEDIA_LINES}\`), which is booked while it arrives and may be larger than the other bodies.

An event that cannot be accepted is stored with its reason and named in \`rejected\`; the events around it are not held up, and the status is 200 even \
if it was the only one. A body that is no JSON at all is refused as a whole. Sending the same request again is always safe: what was \
accepted before counts as a duplicate. A key of a bank or platform may only send events of its own \`source\`, and none \
of an account that is registered with another bank or of an institution in another region (\`source_not_allowed\`).`;

const rejectedItem = z.object({
  index: z.int().meta({ description: 'Position among the events of the request, from 0; blank lines do not count.' }),
  id: z.string().nullable().meta({ description: 'The id of the event, as far as it could be read.' }),
  code: z.string().meta({ description: 'Stable code of the reason.' }),
  path: z.string().nullable().meta({ description: 'JSON path of the field, such as data.lines[3].amountFen.' }),
  message: z.string(),
});

const ingestAnswer = z
  .object({
    accepted: z.int().meta({ description: 'Booked by this request.' }),
    duplicates: z.int().meta({ description: 'Told before; no effect.' }),
    rejected: z.array(rejectedItem),
    rejectedOmitted: z
      .int()
      .optional()
      .meta({ description: 'How many more were rejected than are named; all are stored.' }),
  })
  .meta({ id: 'IngestAnswer' });

const CODES: readonly ErrorCode[] = [
  'bad_request',
  'not_json',
  'bad_encoding',
  'not_an_object',
  'body_too_large',
  'unsupported_media_type',
];

export const addEventRoutes: AddRoutes = (app, { deps, limits, metrics }) => {
  const ingest = createIngest(deps, limits, metrics);
  const admit = createAdmission(limits, deps.config.httpBodyBytesMax);
  // A scope of its own, because no other route takes bodies of these kinds.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([MEDIA_EVENT, MEDIA_BATCH, MEDIA_JSON], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.addContentTypeParser(MEDIA_LINES, (_request, stream, done) => done(null, stream));
    scope.addHook('onRequest', async (request, reply) => {
      refusePacked(request.headers);
      refuseCharset(request.headers);
      // A stream holds nothing to speak of.
      const isStream = mediaTypeOf(request.headers['content-type']) === MEDIA_LINES;
      const release = admit(isStream ? 0 : bytesOfBody(request.headers, deps.config.httpBodyBytesMax));
      reply.raw.once('close', release);
    });
    scope.route({
      method: 'POST',
      url: '/v1/events',
      bodyLimit: deps.config.httpBodyBytesMax,
      config: { access: 'events:write' },
      // A stream may take as long as it may take to arrive.
      handlerTimeout: limits.requestMs,
      schema: {
        operationId: 'sendEvents',
        tags: ['events'],
        summary: 'Send events',
        description: DESCRIPTION,
        response: answers(200, 'Committed.', ingestAnswer, CODES),
      },
      handler: async (request) =>
        takeBody(
          ingest,
          { caller: callerOf(request), requestId: request.id },
          request.headers['content-type'],
          request.body,
        ),
    });
  });
};

async function takeBody(
  ingest: IngestDeps,
  sender: Sender,
  contentType: string | undefined,
  body: unknown,
): Promise<IngestAnswer> {
  const mediaType = mediaTypeOf(contentType);
  if (body === undefined || body === null) {
    if (mediaType === undefined)
      throw new FeewardenError(
        'unsupported_media_type',
        `Say in Content-Type what the body is, such as ${MEDIA_EVENT}.`,
      );
    throw new FeewardenError('bad_request', 'The body is empty.');
  }
  if (mediaType === MEDIA_LINES) return ingestLines(ingest, sender, body as Readable);
  const bytes = body as Buffer;
  if (bytes.length === 0) throw new FeewardenError('bad_request', 'The body is empty.');
  const kind = mediaType === MEDIA_EVENT ? 'event' : mediaType === MEDIA_BATCH ? 'batch' : 'either';
  return ingestJson(ingest, sender, bytes, kind);
}
