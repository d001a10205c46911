/** How one attempt to send ended. A closed set: whatever else a sink meets is an error nobody expected, and it throws. */
export type AttemptOutcome =
  | {
      readonly kind: 'delivered';
      readonly status: number | null;
      /** What shows that the receiver took it: status and hash of its answer, or topic and offsets. */
      readonly proof: string;
    }
  /** It may work later. `askedMs`: the pause that the receiver asked for. */
  | { readonly kind: 'retry'; readonly status: number | null; readonly error: string; readonly askedMs?: number | null }
  /** This message will never be taken; others may be. */
  | { readonly kind: 'refused'; readonly status: number | null; readonly error: string }
  /** The receiver says that it is no longer there. */
  | { readonly kind: 'gone'; readonly status: number | null; readonly error: string };
