import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import { sourceAuthority } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import { answers, anyObject, instant, integer, pageOf, paging, text, timeOf, timeParam, timeText } from '../schemas.js';
import { listRejected, type RejectedEventRow } from '../sql/rejected.js';
import { type AddRoutes, cutPage } from './context.js';

const codes = Object.keys(ERRORS).filter((code) => ERRORS[code as ErrorCode].kind === 'rejected') as [
  ErrorCode,
  ...ErrorCode[],
];

const rejectedItem = z
  .object({
    seq: integer('Position in the list.'),
    code: z.string(),
    path: z.string().nullable(),
    message: z.string(),
    institutionId: z.string().nullable().meta({ description: 'As the input says; it may be wrong.' }),
    source: z.string().nullable(),
    id: z.string().nullable(),
    origin: anyObject(
      'File and line, topic and offset, or request; null for what came by a way that is not the caller’s.',
    ).nullable(),
    receivedAt: instant('When it was refused.'),
    redrivenAt: instant('When it was tried again.').nullable(),
  })
  .meta({ id: 'RejectedEvent' });

const rejectedQuery = z.strictObject({
  state: z
    .enum(['open', 'redriven', 'all'])
    .default('open')
    .meta({ description: 'redriven: tried again, and since then accepted or listed anew under another reason.' }),
  code: z.enum(codes).optional(),
  source: text(256, 'Source as the input names it.').optional(),
  institution: text(128, 'Institution as the input names it.').optional(),
  from: timeParam('Refused at or after this time.'),
  to: timeParam('Refused before this time.'),
  ...paging,
});

const cursors = cursorsOf('rejected', z.int());

export const addRejectedRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/rejected',
    config: { access: 'rejected:read' },
    schema: {
      operationId: 'listRejected',
      tags: ['events'],
      summary: 'Events that were refused',
      description:
        'Newest first. A bank or platform sees what it sent itself, and what came in the name of its sources.',
      querystring: rejectedQuery,
      response: answers(200, 'A page.', pageOf(rejectedItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { limit, cursor, ...query } = request.query;
      const before = cursors.read(query, cursor);
      const viewer = { keyId: caller.keyId, authority: sourceAuthority(caller) };
      const filters = {
        redriven: query.state === 'all' ? null : query.state === 'redriven',
        code: query.code ?? null,
        source: query.source ?? null,
        subject: query.institution ?? null,
        from: timeOf(query.from),
        to: timeOf(query.to),
      };
      const { rows, last } = cutPage(
        await listRejected(deps.pool, viewer, filters, { before, limit: limit + 1 }),
        limit,
      );
      return {
        items: rows.map((row) => itemOf(row, viewer.authority === null)),
        nextCursor: last && cursors.write(query, last.seq),
      };
    },
  });
};

/** Paths of files and topics are the operator's business, not a sender's. */
function itemOf(row: RejectedEventRow, seesAll: boolean) {
  const { seq, code, path, message, subject, source, eventId } = row;
  return {
    seq,
    code,
    path,
    message,
    institutionId: subject,
    source,
    id: eventId,
    origin: seesAll || row.own ? row.origin : null,
    receivedAt: formatTime(row.receivedAt),
    redrivenAt: timeText(row.redrivenAt),
  };
}
