import { type ErrorCode, FeewardenError } from './errors.js';

/** An error as plain values, for a thread that tells another one why it cannot go on. */
export interface ToldError {
  /** Null: not one of the project's own. */
  readonly code: ErrorCode | null;
  /** Of one of the project's own what its code does not say; of others the message. */
  readonly text: string | undefined;
  readonly stack: string | undefined;
}

export function tellError(error: unknown): ToldError {
  if (error instanceof FeewardenError) return { code: error.code, text: error.detail, stack: error.stack };
  if (error instanceof Error) return { code: null, text: error.message, stack: error.stack };
  return { code: null, text: String(error), stack: undefined };
}

/** The error as it was thrown, with the stack of the thread that threw it. */
export function toldError({ code, text, stack }: ToldError): Error {
  const error = code === null ? new Error(text) : new FeewardenError(code, text);
  if (stack !== undefined) error.stack = stack;
  return error;
}
