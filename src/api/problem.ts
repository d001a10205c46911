import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ERRORS, type ErrorCode, FeewardenError } from '../core/errors.js';
import { isDiskFull, isTransientDatabaseError } from '../db/transient.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Seconds after which it makes sense to ask again when the database was busy. */
const RETRY_AFTER_SECONDS = 2;

/** RFC 9457, with our stable `code`, and `path` where one field is wrong. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly instance: string;
  readonly path?: string;
}

/** The code an error answers with. An error that nobody knows is `internal`. */
export function toFeewardenError(error: unknown): FeewardenError {
  if (error instanceof FeewardenError) return error;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (hasZodFastifySchemaValidationErrors(error)) return validationError(error);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new FeewardenError('unsupported_media_type', MEDIA_TYPES);
  if (code !== undefined && Object.hasOwn(FRAMEWORK_CODES, code)) return new FeewardenError(FRAMEWORK_CODES[code]!);
  // Of a body that its sender broke off: by its code alone it looks like a connection to the database that was lost.
  if (code === 'ECONNRESET' && statusCode === 400)
    return new FeewardenError('bad_request', 'The body broke off.', { cause: error });
  if (isTransientDatabaseError(error)) return new FeewardenError('database_busy', undefined, { cause: error });
  // Nothing was taken in, and the same request counts once there is room: the caller need not think that it is to blame.
  if (isDiskFull(error)) return new FeewardenError('database_unavailable', undefined, { cause: error });
  // The framework refuses a request that is not well-formed; its sentences speak of the request alone.
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new FeewardenError('bad_request', message);
  }
  return new FeewardenError('internal', undefined, { cause: error });
}

/** A first try with curl sends a form: whoever wrote it is told what to say instead. */
const MEDIA_TYPES =
  'Say in Content-Type what the body is: application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson for events, application/xml for bank statements, application/json for everything else.';

const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_NOT_FOUND: 'not_found',
  FST_ERR_HANDLER_TIMEOUT: 'database_busy',
};

export interface ProblemDeps {
  readonly onFatal?: (error: unknown) => void;
}

/** The one place where an error becomes an answer. */
export function problemHandler(deps: ProblemDeps) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toFeewardenError(thrown);
    if (error.kind === 'fatal') {
      request.log.error({ err: error.cause ?? error }, 'a request failed and nobody knows why');
      deps.onFatal?.(error.cause ?? error);
    } else if (error.kind === 'transient') {
      request.log.warn({ err: error }, 'a request could not be answered now');
    }
    return sendProblem(error, request, reply);
  };
}

export function sendProblem(error: FeewardenError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.url);
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="feewarden"');
  // As text, so that no schema of the route is asked about it.
  return reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

export function problemOf(error: FeewardenError, url: string): Problem {
  const { message, status } = ERRORS[error.code];
  // What went wrong inside is for the log: the caller learns the table's sentence.
  const isOurs = error.kind === 'fatal' || error.kind === 'transient';
  return {
    type: `urn:feewarden:problem:${error.code}`,
    title: message,
    status,
    detail: isOurs ? message : error.message,
    code: error.code,
    instance: url.split('?', 1)[0]!,
    ...(error.path === undefined ? {} : { path: error.path }),
  };
}

interface ValidationIssue {
  readonly instancePath: string;
  readonly message?: string;
}

function validationError(error: {
  validation: readonly ValidationIssue[];
  validationContext?: string | undefined;
}): FeewardenError {
  const [first] = error.validation;
  const inside = (first?.instancePath ?? '').replaceAll('/', '.');
  const where = `${error.validationContext ?? 'request'}${inside === '.' ? '' : inside}`;
  return new FeewardenError('bad_request', `${where}: ${first?.message ?? 'is not valid'}.`, { path: where });
}
