import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** How the receiver answers; the default is 204 at once. */
export type Answer = (request: Received, response: http.ServerResponse) => void;

export interface Receiver {
  readonly url: string;
  /** `host:port`, for the allow list. */
  readonly address: string;
  readonly received: Received[];
  answer: Answer;
  /** Connections that were opened to it. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export const yes: Answer = (_request, response) => {
  response.writeHead(204).end();
};

export function status(code: number, headers: http.OutgoingHttpHeaders = {}, body = ''): Answer {
  return (_request, response) => {
    response.writeHead(code, headers).end(body);
  };
}

/** A webhook receiver on 127.0.0.1 that keeps what it gets. */
export async function startReceiver(answer: Answer = yes): Promise<Receiver> {
  let connections = 0;
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        atMs: Date.now(),
      };
      received.push(one);
      receiver.answer(one, response);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    address: `127.0.0.1:${port}`,
    received,
    answer,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
