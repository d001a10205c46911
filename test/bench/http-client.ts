import http from 'node:http';
import { ADMIN_KEY } from './lab.js';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds from the first byte sent to the whole answer. */
  readonly ms: number;
}

export const MEDIA_LINES = 'application/x-ndjson';
export const MEDIA_BATCH = 'application/cloudevents-batch+json';

/** A sender with one connection that stays open. */
export class Sender {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly address: string) {}

  post(path: string, mediaType: string, body: Buffer): Promise<Answer> {
    const started = performance.now();
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': mediaType, 'content-length': body.length };
    return new Promise((resolve, reject) => {
      const request = http.request(
        new URL(path, this.address),
        { method: 'POST', agent: this.agent, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              body: Buffer.concat(chunks).toString(),
              ms: performance.now() - started,
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Sends events and throws unless every one of them was taken or known. */
  async events(mediaType: string, lines: readonly string[]): Promise<Answer> {
    const text = mediaType === MEDIA_BATCH ? `[${lines.join(',')}]` : lines.join('\n');
    const answer = await this.post('/v1/events', mediaType, Buffer.from(text));
    const taken = answer.status === 200 ? (JSON.parse(answer.body) as { accepted: number; duplicates: number }) : null;
    if (taken === null || taken.accepted + taken.duplicates !== lines.length)
      throw new Error(`POST /v1/events answered ${answer.status}: ${answer.body.slice(0, 500)}`);
    return answer;
  }

  close(): void {
    this.agent.destroy();
  }
}
