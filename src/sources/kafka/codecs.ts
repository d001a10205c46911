import { createRequire } from 'node:module';

type Unpackers = typeof import('./unpack.js');

/** Node finds these two among the names of the library's module only when it is asked for as what it is, CommonJS. */
const { CompressionCodecs, CompressionTypes } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

/** A batch of records, unpacked. Brokers take batches of 1 MB unless told otherwise; a bomb must not take the memory of all. */
const BATCH_BYTES_MAX = 256 * 1024 * 1024;

const UNPACKERS = [
  [CompressionTypes.GZIP, 'unpackGzip'],
  [CompressionTypes.Snappy, 'unpackSnappy'],
  [CompressionTypes.LZ4, 'unpackLz4'],
  [CompressionTypes.ZSTD, 'unpackZstd'],
] as const satisfies readonly (readonly [number, keyof Unpackers])[];

/**
 * Teaches the client library, which knows gzip without a bound, to read what senders may use. Without one, a member of the group would
 * be lost over a bomb, join again and read it again, for ever. Ours go out plain. The libraries that unpack are
 * loaded with the first batch that needs one: most brokers have none.
 */
export function addCodecs(): void {
  for (const [type, name] of UNPACKERS) {
    CompressionCodecs[type] = () => ({
      decompress: async (packed: Buffer): Promise<Buffer> =>
        (await import('./unpack.js'))[name](packed, BATCH_BYTES_MAX),
      compress: async (): Promise<Buffer> => {
        throw new Error('Records are written without compression.');
      },
    });
  }
}
