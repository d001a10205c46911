export interface EventReversed {
  readonly reverses: EventReference;
  readonly reason: string;
}

/** Names an event by its envelope. */
export interface EventReference {
  readonly source: string;
  readonly id: string;
}
