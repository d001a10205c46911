/** Rows in order, found by binary search: what changes a little between two readings is not sorted again. */
export class SortedRows<R> {
  readonly rows: R[] = [];

  /** `isAfter(a, b)`: a stands behind b. Of two different rows exactly one stands behind the other. */
  constructor(private readonly isAfter: (a: R, b: R) => boolean) {}

  /** Answers the place of the row. */
  insert(row: R): number {
    const { rows } = this;
    if (rows.length === 0 || this.isAfter(row, rows.at(-1)!)) return rows.push(row) - 1;
    const at = this.place(row);
    rows.splice(at, 0, row);
    return at;
  }

  /** Puts `next` where `row` stands; they must be equal in order. */
  replace(row: R, next: R): number {
    const at = this.place(row);
    if (this.rows[at] !== row) throw new RangeError('the row to replace is not here');
    this.rows[at] = next;
    return at;
  }

  /** Answers where it stood. */
  remove(row: R): number {
    const at = this.place(row);
    if (this.rows[at] !== row) throw new RangeError('the row to remove is not here');
    this.rows.splice(at, 1);
    return at;
  }

  /** Takes out the rows at the front for which `isOver` holds. */
  shiftWhile(isOver: (row: R) => boolean): R[] {
    let count = 0;
    while (count < this.rows.length && isOver(this.rows[count]!)) count += 1;
    return count === 0 ? NOTHING : this.rows.splice(0, count);
  }

  /** Index of the first row that does not stand before `row`. */
  private place(row: R): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isAfter(row, this.rows[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const NOTHING: never[] = [];
