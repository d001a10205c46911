import { z } from 'zod';
import { formatAmount } from '../../banks/amount.js';
import { bufferSource } from '../../banks/read.js';
import { readRulesFile } from '../../banks/rules-file.js';
import { type BankIntakeDeps, type TakenStatement, takeStatements } from '../../banks/take.js';
import type { ErrorCode } from '../../core/errors.js';
import { FeewardenError } from '../../core/errors.js';
import { bytesOfBody, createAdmission, refusePacked } from '../admission.js';
import { callerOf } from '../auth.js';
import { answers } from '../schemas.js';
import type { AddRoutes } from './context.js';

export const MEDIA_XML = 'application/xml';

const DESCRIPTION = `Takes in one ISO 20022 document (camt.052, camt.053 or camt.054, any version) and answers after its entries are committed.

A document that is damaged, hostile or no such message is refused whole, and nothing of it is booked. An entry that cannot be booked is stored with \
its reason and named in \`rejected\`; the others are not held up. Sending the same document again is always safe. Entries that another document told \
before are \`duplicates\`; entries that the bank has not booked yet are \`pending\`. A key of a bank may send statements of accounts that are \
registered with that bank (\`source_not_allowed\`).`;

const count = (description: string) => z.int().meta({ description });
const amount = z.string().nullable().meta({ description: 'Decimal number in the currency of the statement.' });

const rejectedEntry = z.object({
  index: count(
    'Position among the entries and reported balances of the document, from 0. Of what a newer version takes back: behind the last of its statement.',
  ),
  line: count('Line of the document on which it begins; of what a newer version takes back, that of its statement.'),
  id: z.null().meta({ description: 'Entries have no event id.' }),
  code: z.string().meta({ description: 'Stable code of the reason.' }),
  path: z.string().nullable().meta({ description: 'Element, such as Ntry/Amt.' }),
  message: z.string(),
});

const statementAnswer = z.object({
  accountId: z.string().nullable(),
  kind: z.enum(['report', 'statement', 'notification']),
  statementId: z.string().nullable(),
  sequence: z.string().nullable(),
  page: z.int(),
  entries: z.int(),
  accepted: z.int(),
  duplicates: z.int(),
  pending: z.int(),
  rejected: z.int(),
  removed: count('Entries of an earlier version of the statement that this one does not hold any more.'),
  arithmetic: z
    .enum(['right', 'wrong', 'unknown'])
    .meta({ description: 'Whether opening + credits − debits is closing, and the totals of the document are right.' }),
  opening: amount,
  closing: amount,
  remarks: z.array(z.string()),
});

const bankStatementsAnswer = z
  .object({
    accepted: count('Booked by this request.'),
    duplicates: count('Told before; no effect.'),
    pending: count('Not booked by the bank yet; no effect.'),
    rejected: z.array(rejectedEntry),
    rejectedOmitted: z
      .int()
      .optional()
      .meta({ description: 'How many more were rejected than are named; all are stored.' }),
    statements: z.array(statementAnswer),
  })
  .meta({ id: 'BankStatementsAnswer' });
type Answer = z.infer<typeof bankStatementsAnswer>;

const CODES: readonly ErrorCode[] = [
  'bad_request',
  'body_too_large',
  'unsupported_media_type',
  'bad_xml',
  'xml_doctype',
  'xml_too_deep',
  'xml_too_large',
  'wrong_encoding',
  'unsupported_encoding',
  'not_a_statement',
];

export const addBankStatementRoutes: AddRoutes = (app, { deps, limits, metrics }) => {
  const { pool, calendar, clock, config } = deps;
  const intake: BankIntakeDeps = {
    pool,
    calendar,
    clock,
    limits: { bytesMax: config.eventBytesMax, depthMax: config.eventDepthMax },
    rules: readRulesFile(config.bankRules),
    ...(deps.alongside ? { alongside: deps.alongside } : {}),
  };
  const admit = createAdmission(limits, config.httpBodyBytesMax);
  // A scope of its own, because no other route takes bodies of this kind.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([MEDIA_XML, 'text/xml'], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.addHook('onRequest', async (request, reply) => {
      refusePacked(request.headers);
      reply.raw.once('close', admit(bytesOfBody(request.headers, config.httpBodyBytesMax)));
    });
    scope.route({
      method: 'POST',
      url: '/v1/bank-statements',
      bodyLimit: config.httpBodyBytesMax,
      config: { access: 'events:write' },
      handlerTimeout: limits.requestMs,
      schema: {
        operationId: 'sendBankStatements',
        tags: ['events'],
        summary: 'Send a bank statement',
        description: DESCRIPTION,
        response: answers(200, 'Committed.', bankStatementsAnswer, CODES),
      },
      handler: async (request): Promise<Answer> => {
        const { role, scope: bankCode, keyId } = callerOf(request);
        if (role === 'platform') throw new FeewardenError('forbidden', 'Statements come from banks.');
        const body = request.body as Buffer | null | undefined;
        if (!body || body.length === 0) throw new FeewardenError('bad_request', 'The body is empty.');
        const rejected: Answer['rejected'] = [];
        const taken = await takeStatements(intake, bufferSource(`request ${request.id}`, body), {
          batchEntriesMax: config.ingestBatchEventsMax,
          onlyBank: role === 'bank' ? bankCode : null,
          origin: (line, index) => ({
            key: `http:${keyId}:${index}`,
            detail: { key: keyId, request: request.id, index, line },
          }),
          onRejected: ({ code, path, message }, line, index) => {
            if (rejected.length < limits.rejectedListed) rejected.push({ index, line, id: null, code, path, message });
          },
        });
        metrics.countStatements(taken);
        const omitted = taken.rejected - rejected.length;
        return {
          accepted: taken.accepted,
          duplicates: taken.duplicates,
          pending: taken.pending,
          rejected,
          ...(omitted > 0 ? { rejectedOmitted: omitted } : {}),
          statements: taken.statements.map(answerOf),
        };
      },
    });
  });
};

function answerOf({ survey, counts, removed }: TakenStatement): Answer['statements'][number] {
  const { head, arithmetic, entries } = survey;
  const shown = (value: bigint | null): string | null => (value === null ? null : formatAmount(value));
  return {
    accountId: head.accountId,
    kind: head.kind,
    statementId: head.statementId,
    sequence: head.sequence,
    page: head.page,
    entries,
    accepted: counts.accepted,
    duplicates: counts.duplicates,
    pending: counts.pending,
    rejected: counts.rejected,
    removed,
    arithmetic: arithmetic.state,
    opening: shown(arithmetic.opening),
    closing: shown(arithmetic.closing),
    remarks: [...arithmetic.remarks],
  };
}
