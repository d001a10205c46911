import { FeewardenError } from '../core/errors.js';

/** Whether the same work may succeed when it is simply tried again. */
export function isTransientDatabaseError(error: unknown): boolean {
  if (error instanceof FeewardenError) return error.kind === 'transient';
  const { code, constraint, message } = fieldsOf(error);
  if (code === UNIQUE_VIOLATION) return constraint !== undefined && RACED_CONSTRAINTS.has(constraint);
  if (code !== undefined) return TRANSIENT_CODES.has(code) || code.startsWith(CONNECTION_EXCEPTION_CLASS);
  return message !== undefined && TRANSIENT_MESSAGES.some((known) => message.includes(known));
}

/** The one failure of the database's own that only its operator can mend. */
export function isDiskFull(error: unknown): boolean {
  return fieldsOf(error).code === DISK_FULL;
}

/** The database's own words and code, for the detail of an error. */
export function databaseErrorText(error: unknown): string {
  const { code, message } = fieldsOf(error);
  // A host with several addresses fails with a code and an empty message.
  return [message || (code ? '' : String(error)), code && `(${code})`].filter(Boolean).join(' ');
}

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '57014', // query_canceled: by a time limit of the operator, or by the operator
  '25006', // read_only_sql_transaction: a standby that is about to take over, or a primary that stepped back
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '57P05', // idle_session_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting or recovering
  '53300', // too_many_connections
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  // A machine that is switched off, and a container whose name is known only while it runs.
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
const CONNECTION_EXCEPTION_CLASS = '08';
/** `disk_full`. */
const DISK_FULL = '53100';

const UNIQUE_VIOLATION = '23505';
/** Two writers told the same event at the same moment: run again, the loser finds it as a duplicate. */
const RACED_CONSTRAINTS: ReadonlySet<string> = new Set(['events_identity_key']);

/** `pg` reports a connection that breaks under a query with a sentence and no code. */
const TRANSIENT_MESSAGES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
];

interface ErrorFields {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
}

function fieldsOf(error: unknown): ErrorFields {
  return typeof error === 'object' && error !== null ? (error as ErrorFields) : {};
}
