import type { IncomingHttpHeaders } from 'node:http';
import { FeewardenError } from '../core/errors.js';
import type { ApiLimits } from './deps.js';

/**
 * Bounds what waits in memory: called before a body is read, answers what gives its place back, and throws `database_busy` when
 * there is none.
 */
export function createAdmission(limits: ApiLimits, bodyBytesMax: number): (bytes: number) => () => void {
  const bytesMax = bodyBytesMax * limits.bodiesAtOnce;
  let requestsNow = 0;
  let bytesNow = 0;
  return (bytes) => {
    if (requestsNow >= limits.eventRequestsAtOnce || bytesNow + bytes > bytesMax)
      throw new FeewardenError('database_busy');
    requestsNow += 1;
    bytesNow += bytes;
    return () => {
      requestsNow -= 1;
      bytesNow -= bytes;
    };
  };
}

/** Bytes that a body will hold until it is answered: one of untold length may be the largest. */
export function bytesOfBody(headers: IncomingHttpHeaders, bodyBytesMax: number): number {
  const told = Number(headers['content-length'] ?? bodyBytesMax);
  return Number.isFinite(told) ? Math.min(told, bodyBytesMax) : bodyBytesMax;
}

/** Refuses packed bodies: their real size could not be bounded before they are unpacked. */
export function refusePacked(headers: IncomingHttpHeaders): void {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new FeewardenError('unsupported_media_type', 'Send the body without Content-Encoding.');
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;
const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/** Refuses JSON that is said to be anything but UTF-8. Read as UTF-8 all the same, some of it is other, well-formed text: 小学校 in GBK is. */
export function refuseCharset(headers: IncomingHttpHeaders): void {
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && !CHARSETS.has(charset))
    throw new FeewardenError('unsupported_media_type', 'Send JSON in UTF-8 and say so, or nothing, as charset.');
}

export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}
