import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { FeewardenError } from '../core/errors.js';
import { addAuthentication, createAuthenticator } from './auth.js';
import { addRefusalsOfHeaders, answerClientError } from './client-errors.js';
import { API_LIMITS, type Api, type ApiDeps, type ApiLimits } from './deps.js';
import { addHeadersAndLog, requestIdOf } from './headers.js';
import { serializerCompiler } from './json.js';
import { type AllowedMethods, collectMethods } from './methods.js';
import { addRequestMetrics, createMetrics } from './metrics.js';
import { addDocs, addOpenApi } from './openapi.js';
import { problemHandler, sendProblem } from './problem.js';
import { addAlertRoutes } from './routes/alerts.js';
import { addBankStatementRoutes } from './routes/bank-statements.js';
import { addBookRoutes } from './routes/books.js';
import { addBreakRoutes } from './routes/breaks.js';
import type { AddRoutes } from './routes/context.js';
import { addEventRoutes } from './routes/events.js';
import { addFeedRoutes } from './routes/feeds.js';
import { addHealthRoutes } from './routes/health.js';
import { addInstitutionRoutes } from './routes/institutions.js';
import { addJobRoutes } from './routes/jobs.js';
import { addJournalRoutes } from './routes/journal.js';
import { addPolicyRoutes } from './routes/policies.js';
import { addReconciliationRoutes } from './routes/reconciliations.js';
import { addRefundRoutes } from './routes/refunds.js';
import { addRejectedRoutes } from './routes/rejected.js';
import { addScoreRoutes } from './routes/scores.js';
import { addSubscriptionRoutes } from './routes/subscriptions.js';
import { API_VERSION } from './version.js';

const ROUTES: readonly AddRoutes[] = [
  addEventRoutes,
  addBankStatementRoutes,
  addRejectedRoutes,
  addInstitutionRoutes,
  addScoreRoutes,
  addBookRoutes,
  addJournalRoutes,
  addRefundRoutes,
  addAlertRoutes,
  addBreakRoutes,
  addReconciliationRoutes,
  addFeedRoutes,
  addJobRoutes,
  addPolicyRoutes,
  addSubscriptionRoutes,
  addHealthRoutes,
];

/** Bodies of all routes but POST /v1/events and POST /v1/bank-statements. */
const SMALL_BODY_BYTES_MAX = 1_048_576;
/** Ids in a path: 256 characters, each of which may be written as three. */
const PARAM_CHARACTERS_MAX = 768;
/** A connection on which nothing moves is closed after this time. */
const IDLE_CONNECTION_MS = 120_000;
const MINUTE_MS = 60_000;

/** The HTTP interface, ready to listen or to be asked with `inject`. Nothing of `deps` is closed with it. */
export async function buildServer(deps: ApiDeps): Promise<Api> {
  const limits: ApiLimits = { ...API_LIMITS, ...deps.limits };
  const app: Api = Fastify({
    loggerInstance: deps.log,
    // One line of our own instead (headers.ts): what the framework logs holds the query.
    // Every line of a request bears its id under the one name that is ours.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    bodyLimit: SMALL_BODY_BYTES_MAX,
    requestTimeout: limits.requestMs,
    handlerTimeout: limits.readMs,
    connectionTimeout: IDLE_CONNECTION_MS,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
    clientErrorHandler: answerClientError,
    http: { requireHostHeader: false },
    frameworkErrors: (error, request, reply) => {
      void sendProblem(new FeewardenError('bad_request', error.message), request as FastifyRequest, reply as never);
    },
  }).withTypeProvider<ZodTypeProvider>();
  // No route takes plain text, which the framework would hand to its schema as if it were JSON.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(problemHandler(deps));
  app.setNotFoundHandler(unknownHandler(collectMethods(app)));
  const metrics = createMetrics(deps);
  addHeadersAndLog(app);
  addRefusalsOfHeaders(app);
  addRequestMetrics(app, metrics);
  await addRateLimit(app, limits);
  const authenticate = createAuthenticator({
    pool: deps.pool,
    adminKey: deps.config.adminKey,
    cacheMs: limits.keyCacheMs,
    nowMs: deps.steadyMs,
  });
  addAuthentication(app, authenticate, limits.wrongKeysPerMinute);
  await addOpenApi(app, API_VERSION);
  for (const addRoutes of ROUTES) addRoutes(app, { deps, limits, metrics });
  await addDocs(app);
  await app.ready();
  return app;
}

/** Nothing is known of the path, or it is known and the method is not. */
function unknownHandler(allowedMethods: AllowedMethods) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const allowed = allowedMethods(request.url.split('?', 1)[0]!);
    if (allowed.length === 0 || allowed.includes(request.method))
      return sendProblem(new FeewardenError('not_found'), request, reply);
    reply.header('allow', allowed.join(', '));
    return sendProblem(new FeewardenError('method_not_allowed', `It takes ${allowed.join(', ')}.`), request, reply);
  };
}

/** Counts per key; without a key per address. After the authentication, so that one sender cannot use up the share of another. */
async function addRateLimit(app: Api, limits: ApiLimits): Promise<void> {
  await app.register(rateLimit, {
    hook: 'preParsing',
    max: (request) => (request.caller === null ? limits.openRequestsPerMinute : limits.requestsPerMinute),
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => (request.caller === null ? `address:${request.ip}` : `key:${request.caller.keyId}`),
    errorResponseBuilder: () => new FeewardenError('too_many_requests'),
  });
}
