import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FeewardenError } from '../core/errors.js';
import type { Api } from './deps.js';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.js';

interface Refusal {
  readonly status: number;
  readonly detail: string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'It did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'Its headers are too large.' },
};
const NOT_HTTP: Refusal = { status: 400, detail: 'It is not well-formed HTTP.' };

/** What the HTTP parser refuses never becomes a request: the answer is written by hand, a problem like every other one. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, detail } = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const body = bodyOf({ status, detail });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}

/** Node itself would answer these two with a status alone. The framework is told not to ask for the header (`requireHostHeader`). */
export function addRefusalsOfHeaders(app: Api): void {
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.headers.host === undefined && raw.httpVersion === '1.1')
      throw new FeewardenError('bad_request', 'It has no Host header.');
  });
  app.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = bodyOf(UNEXPECTED);
    const headers = {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    };
    response.writeHead(UNEXPECTED.status, headers).end(body);
  });
}
const UNEXPECTED: Refusal = { status: 417, detail: 'Of Expect only 100-continue is known.' };

function bodyOf({ status, detail }: Refusal): string {
  const { instance: _unknown, ...problem } = problemOf(new FeewardenError('bad_request', detail), '');
  return JSON.stringify({ ...problem, status });
}
