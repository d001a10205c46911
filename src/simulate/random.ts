/**
 * Chance from a seed: the same seed gives the same numbers on every machine. Every part of a history draws from a branch of its
 * own, so that one more institution, or one more draw in one place, leaves all others as they were.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(private readonly seed: string) {
    this.a = hashOf(`a:${seed}`);
    this.b = hashOf(`b:${seed}`);
    this.c = hashOf(`c:${seed}`);
    for (let i = 0; i < WARM_UP; i += 1) this.next();
  }

  /** An independent stream that depends only on the seed and the name. */
  branch(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** 0 ≤ x < 1 (sfc32). */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Both ends are possible. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** One of the values, each with its weight. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let left = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices.at(-1)![0];
  }

  /** Mean 0, deviation 1, from twelve even numbers: sums are the same everywhere, logarithms of a C library need not be. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += this.next();
    return sum;
  }

  /** How many of many rare things happen, for means up to a few hundred. */
  count(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 30) return Math.max(0, Math.round(mean + this.normal() * Math.sqrt(mean)));
    let left = mean;
    let found = 0;
    // Small portions keep the chance of two in one portion out of sight.
    while (left > 0) {
      const portion = Math.min(left, 0.05);
      if (this.next() < portion) found += 1;
      left -= portion;
    }
    return found;
  }

  /** Some lower-case hexadecimal digits. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits)
      text += Math.floor(this.next() * 4_294_967_296)
        .toString(16)
        .padStart(8, '0');
    return text.slice(0, digits);
  }
}

const WARM_UP = 15;

/** FNV-1a with a last mixing. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return hash ^ (hash >>> 16);
}
