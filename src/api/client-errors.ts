import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FeewardenError } from '../core/errors.js';
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
  const { instance: _unknown, ...problem } = problemOf(new FeewardenError('bad_request', detail), '');
  const body = JSON.stringify({ ...problem, status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}
