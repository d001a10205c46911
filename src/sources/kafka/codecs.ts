import { createRequire } from 'node:module';
import { unpackLz4, unpackSnappy, unpackZstd } from './unpack.js';

/** Node finds these two among the names of the library's module only when it is asked for as what it is, CommonJS. */
const { CompressionCodecs, CompressionTypes } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

/** A batch of records, unpacked. Brokers take batches of 1 MB unless told otherwise; a bomb must not take the memory of all. */
const BATCH_BYTES_MAX = 256 * 1024 * 1024;

const UNPACKERS = [
  [CompressionTypes.Snappy, unpackSnappy],
  [CompressionTypes.LZ4, unpackLz4],
  [CompressionTypes.ZSTD, unpackZstd],
] as const;

/** Teaches the client library, which knows gzip, to read what else senders may use. Ours go out plain. */
export function addCodecs(): void {
  for (const [type, unpack] of UNPACKERS) {
    CompressionCodecs[type] = () => ({
      decompress: async (packed: Buffer): Promise<Buffer> => unpack(packed, BATCH_BYTES_MAX),
      compress: async (): Promise<Buffer> => {
        throw new Error('Records are written without compression.');
      },
    });
  }
}
