/** Positive safe integers → 32-bit integers, open addressing in typed arrays: 12 bytes a slot, at most half of them used. */
export class HashTable {
  private keys = new Float64Array(SLOTS_START);
  private values = new Int32Array(SLOTS_START);
  private used = 0;

  /** The value kept for the key; when there is none, `value` is kept and `ABSENT` answered. `value` must be above ABSENT. */
  putIfAbsent(key: number, value: number): number {
    if (this.used * 2 >= this.keys.length) this.grow();
    const slot = this.slotOf(key);
    if (this.keys[slot] === key) return this.values[slot]!;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.used += 1;
    return ABSENT;
  }

  replace(key: number, value: number): void {
    this.values[this.slotOf(key)] = value;
  }

  get size(): number {
    return this.used;
  }

  private slotOf(key: number): number {
    const mask = this.keys.length - 1;
    let slot = key & mask;
    while (this.keys[slot] !== 0 && this.keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Float64Array(keys.length * 2);
    this.values = new Int32Array(keys.length * 2);
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at]!;
      if (key === 0) continue;
      const slot = this.slotOf(key);
      this.keys[slot] = key;
      this.values[slot] = values[at]!;
    }
  }
}

export const ABSENT = -2;
const SLOTS_START = 1 << 16;
