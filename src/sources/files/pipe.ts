import { close, constants, createReadStream, fstatSync, open } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileSystemError } from './input-error.js';

const openDescriptor = promisify(open);
const closeDescriptor = promisify(close);

/** How often the wait for a writer is tried to be ended: the wait itself may not have begun at the first time. */
const END_WAIT_MS = 50;

/**
 * What is no file and has a path: a named pipe, a device. A pipe opens only when somebody writes to it, and while it waits nothing but a
 * writer ends the wait; so when `signal` tells to stop, this is that writer for a moment. Afterwards the signal breaks the stream off.
 */
export async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Readable> {
  let isOpen = false;
  const endWait = async (): Promise<void> => {
    while (!isOpen) {
      const writer = await openDescriptor(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null);
      await sleep(END_WAIT_MS);
      if (writer !== null) await closeDescriptor(writer);
    }
  };
  const stop = () => void endWait();
  signal?.addEventListener('abort', stop);
  try {
    const descriptor = await openDescriptor(path, 'r');
    // A file's read of a silent pipe could not be broken off: it holds a thread that the end of the process waits for.
    const stream = fstatSync(descriptor).isFIFO()
      ? new Socket({ fd: descriptor, readable: true, writable: false })
      : createReadStream(path, { fd: descriptor });
    // Nobody may be reading just then.
    stream.on('error', () => {});
    return signal ? addAbortSignal(signal, stream) : stream;
  } catch (error) {
    throw fileSystemError(path, error);
  } finally {
    isOpen = true;
    signal?.removeEventListener('abort', stop);
  }
}
