/**
 * The one table of error codes. `kind` decides what happens:
 *   rejected  – bad input: stored with its reason, its neighbours go on
 *   usage     – a person or a caller asked wrongly: told so, nothing stored (exit code 2, HTTP 4xx)
 *   transient – expected to pass: retried with a cap
 *   fatal     – we do not know what it means: the process stops
 * Codes are part of the agreement with sources and never change their meaning.
 */
export type ErrorKind = 'rejected' | 'usage' | 'transient' | 'fatal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** HTTP status when the error answers a request. */
  readonly status: number;
  /** One sentence: what is wrong and what to do. */
  readonly message: string;
}

export const ERRORS = {
  // Rejected events: the form
  not_json: { kind: 'rejected', status: 400, message: 'The input is not valid JSON.' },
  not_an_object: { kind: 'rejected', status: 400, message: 'An event must be one JSON object.' },
  too_large: { kind: 'rejected', status: 413, message: 'The event is larger than the allowed size.' },
  too_deep: { kind: 'rejected', status: 400, message: 'The event is nested deeper than allowed.' },
  bad_encoding: { kind: 'rejected', status: 400, message: 'The input is not valid UTF-8.' },
  bad_specversion: { kind: 'rejected', status: 400, message: 'specversion must be "1.0".' },
  unknown_type: { kind: 'rejected', status: 400, message: 'The event type is not part of the contract.' },
  missing_field: { kind: 'rejected', status: 400, message: 'A required field is missing or null.' },
  wrong_type: { kind: 'rejected', status: 400, message: 'A field has the wrong JSON type.' },
  unknown_value: { kind: 'rejected', status: 400, message: 'A field has a value outside its list.' },
  bad_money: { kind: 'rejected', status: 400, message: 'Money must be an integer of fen from 0 to 9007199254740991.' },
  bad_hours: { kind: 'rejected', status: 400, message: 'Hours must be 0 or more with at most 2 decimals.' },
  bad_date: { kind: 'rejected', status: 400, message: 'A date must be a real day written YYYY-MM-DD.' },
  bad_time: { kind: 'rejected', status: 400, message: 'A time must be RFC 3339 with an offset.' },
  bad_id: { kind: 'rejected', status: 400, message: 'An id must be 1 to 128 printable ASCII characters.' },
  bad_hash: { kind: 'rejected', status: 400, message: 'A person may appear only as 16 to 128 hexadecimal characters.' },
  bad_source: {
    kind: 'rejected',
    status: 400,
    message: 'source must be a URI reference of printable ASCII characters.',
  },
  bad_subject: { kind: 'rejected', status: 400, message: 'subject must be a valid USCC or X-<region>-<digits>.' },
  bad_region: { kind: 'rejected', status: 400, message: 'A region code must be 6 digits.' },
  out_of_range: { kind: 'rejected', status: 400, message: 'A field is outside its allowed range.' },
  // Rejected events: the meaning
  time_in_future: { kind: 'rejected', status: 409, message: 'time is more than a day after receipt.' },
  id_reused: { kind: 'rejected', status: 409, message: 'This source and id were accepted before with other content.' },
  conflicting_fact: { kind: 'rejected', status: 409, message: 'This business id was told before with other amounts.' },
  reverses_reversal: { kind: 'rejected', status: 409, message: 'A reversal cannot be reversed.' },
  reverses_other_source: { kind: 'rejected', status: 409, message: 'Only the source of an event may reverse it.' },
  reverses_other_institution: {
    kind: 'rejected',
    status: 409,
    message: 'A reversal must name an event of its own institution.',
  },
  unknown_account: {
    kind: 'rejected',
    status: 409,
    message: 'No institution has registered this account; register it and drive the entry again.',
  },
  ambiguous_account: {
    kind: 'rejected',
    status: 409,
    message: 'Several institutions have registered this account.',
  },
  unsupported_currency: { kind: 'rejected', status: 409, message: 'Only CNY can be booked.' },
  source_not_allowed: { kind: 'rejected', status: 403, message: 'This key may not speak for that source.' },
  // Usage
  bad_request: { kind: 'usage', status: 400, message: 'The request is not valid.' },
  bad_cursor: { kind: 'usage', status: 400, message: 'The cursor is not one that this list gave out.' },
  unauthorized: { kind: 'usage', status: 401, message: 'A valid API key is needed.' },
  forbidden: { kind: 'usage', status: 403, message: 'This key may not do that.' },
  not_found: { kind: 'usage', status: 404, message: 'There is nothing under this address.' },
  method_not_allowed: { kind: 'usage', status: 405, message: 'This address does not take that method.' },
  unsupported_media_type: { kind: 'usage', status: 415, message: 'The media type is not supported here.' },
  body_too_large: { kind: 'usage', status: 413, message: 'The request body is larger than allowed.' },
  too_many_requests: { kind: 'usage', status: 429, message: 'Too many requests; try again later.' },
  address_not_allowed: {
    kind: 'usage',
    status: 400,
    message: 'The address is internal or not http(s), and not on the allow list.',
  },
  bad_setting: { kind: 'usage', status: 500, message: 'A setting is wrong.' },
  unreadable_input: { kind: 'usage', status: 400, message: 'The input cannot be read.' },
  bad_xml: { kind: 'usage', status: 400, message: 'The file is not well-formed XML.' },
  xml_doctype: { kind: 'usage', status: 400, message: 'Document types and entities are not allowed.' },
  xml_too_deep: { kind: 'usage', status: 400, message: 'The XML is nested deeper than allowed.' },
  xml_too_large: { kind: 'usage', status: 400, message: 'A part of the XML is larger than allowed.' },
  wrong_encoding: { kind: 'usage', status: 400, message: 'The file is not valid in its encoding.' },
  unsupported_encoding: { kind: 'usage', status: 400, message: 'The encoding of the file is not supported.' },
  not_a_statement: {
    kind: 'usage',
    status: 400,
    message: 'The file is no camt.052, camt.053 or camt.054 message.',
  },
  bad_mapping: { kind: 'usage', status: 400, message: 'The mapping of the bank is not valid.' },
  bad_csv: { kind: 'usage', status: 400, message: 'The CSV file does not fit its mapping.' },
  bad_usage: { kind: 'usage', status: 400, message: 'The command line is wrong.' },
  bad_policy: { kind: 'usage', status: 400, message: 'The policy is not valid.' },
  policy_version_taken: {
    kind: 'usage',
    status: 409,
    message: 'This policy version exists with other content, and a version is never edited.',
  },
  second_person_needed: {
    kind: 'usage',
    status: 409,
    message: 'A policy needs an author and another person who approves it.',
  },
  shadow_running: { kind: 'usage', status: 409, message: 'Another policy runs in the shadow.' },
  // Transient
  database_busy: { kind: 'transient', status: 503, message: 'The database is busy or restarting.' },
  broker_unavailable: { kind: 'transient', status: 503, message: 'The broker cannot be reached.' },
  // Fatal
  migration_refused: { kind: 'fatal', status: 500, message: 'The database schema does not fit this version.' },
  broker_refused: {
    kind: 'fatal',
    status: 503,
    message: 'The broker refused this program: check its user, password and rights.',
  },
  database_unavailable: { kind: 'fatal', status: 503, message: 'The database cannot be reached.' },
  books_broken: { kind: 'fatal', status: 500, message: 'The books contradict themselves.' },
  internal: { kind: 'fatal', status: 500, message: 'Something unexpected happened.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table. `detail` completes the table's sentence for the reader; `path` is a JSON path. */
export class FeewardenError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly detail: string | undefined;
  constructor(code: ErrorCode, detail?: string, options?: { path?: string; cause?: unknown }) {
    super(detail ? `${ERRORS[code].message} ${detail}` : ERRORS[code].message, { cause: options?.cause });
    this.name = 'FeewardenError';
    this.code = code;
    this.path = options?.path;
    this.detail = detail;
  }
  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }
}
