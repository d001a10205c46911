import { parentPort, workerData } from 'node:worker_threads';
import { type CamtDialect, PieceReader } from './camt-piece.js';
import type { Tape } from './camt-tape.js';

/** Null: it declines the piece. */
export type ThreadAnswer = Tape | null;

// A thread that is given pieces and answers each, in their order.
if (parentPort !== null) {
  const port = parentPort;
  const reader = new PieceReader(workerData as CamtDialect);
  port.on('message', (piece: Uint8Array<ArrayBuffer>) => {
    const tape: ThreadAnswer = reader.read(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    port.postMessage(tape, tape === null ? [] : [tape.codes.buffer]);
  });
}
