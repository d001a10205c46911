/**
 * A 53-bit hash, fed byte by byte (FNV-1a on two lanes). Used to recognise what may be the same: a collision only makes the
 * replay keep more than it needs.
 */
export class Hash53 {
  private a = 0;
  private b = 0;

  /** `seed` tells kinds of things apart. */
  start(seed: number): void {
    this.a = 0x811c9dc5 ^ seed;
    this.b = 0x9e3779b1 ^ seed;
  }

  bytes(bytes: Uint8Array, from: number, to: number): void {
    let { a, b } = this;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x85ebca6b);
    }
    // Between two parts, so that "ab", "c" is not "a", "bc".
    this.a = Math.imul(a ^ 0x1f, 0x01000193);
    this.b = Math.imul(b ^ 0x1f, 0x85ebca6b) ^ (b >>> 15);
  }

  /** A positive safe integer. */
  end(): number {
    const high = (this.a ^ (this.a >>> 16)) >>> 0;
    const low = (this.b ^ (this.b >>> 13)) & 0x1fffff;
    return high * 0x200000 + low + 1;
  }
}
