import { define } from './definition.js';
import { date, fieldsOf, flag, id, listOf, money, name, notBefore, oneOf, optional, text } from './fields.js';
import { LICENCE_STATES, type LicenceState } from './institution.js';

export interface ComplaintReceived {
  readonly ticketId: string;
  readonly kind: ComplaintKind;
  readonly amountFen?: number;
  readonly keywords?: readonly string[];
}

export interface ComplaintClosed {
  readonly ticketId: string;
  readonly upheld?: boolean;
}

export interface InspectionRecorded {
  readonly inspectionId: string;
  readonly role: InspectionRole;
  readonly findings: readonly InspectionFinding[];
  readonly licenceSeen?: LicenceState;
  readonly amountFen?: number;
}

export interface ExternalSignal {
  readonly signalId: string;
  readonly kind: ExternalSignalKind;
  /** YYYY-MM-DD */
  readonly since?: string;
  readonly amountFen?: number;
  /** YYYY-MM-DD */
  readonly clearedOn?: string;
}

export interface ContactAttempted {
  readonly contactId: string;
  readonly answered: boolean;
}

/** No lessons are expected from `from` to `to`, both days included (YYYY-MM-DD). */
export interface BreakDeclared {
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
}

export const COMPLAINT_KINDS = ['refund', 'closed', 'off_account', 'quality', 'fee', 'loan', 'other'] as const;
export type ComplaintKind = (typeof COMPLAINT_KINDS)[number];
export const INSPECTION_ROLES = ['grid', 'school_inspector', 'joint'] as const;
export type InspectionRole = (typeof INSPECTION_ROLES)[number];
export const INSPECTION_FINDINGS = [
  'ok',
  'shut',
  'emptied',
  'unreachable',
  'unlicensed',
  'off_account',
  'over_cap',
  'overtime',
  'safety',
  'other',
] as const;
export type InspectionFinding = (typeof INSPECTION_FINDINGS)[number];
export const EXTERNAL_SIGNAL_KINDS = [
  'defaulter',
  'abnormal_list',
  'deregistering',
  'enforcement',
  'wage_arrears',
  'rent_arrears',
  'utility_arrears',
  'social_insurance_arrears',
  'public_opinion',
] as const;
export type ExternalSignalKind = (typeof EXTERNAL_SIGNAL_KINDS)[number];

export const complaintReceived = define({
  type: 'complaint.received',
  number: 100,
  schema: fieldsOf({
    ticketId: id,
    kind: oneOf(COMPLAINT_KINDS),
    amountFen: optional(money),
    keywords: optional(listOf(name)),
  }),
  example: {
    source: '/hotline/12345',
    time: '2026-03-18T11:20:00+08:00',
    data: { ticketId: 'H-26031800042', kind: 'refund', amountFen: 456_000, keywords: ['退费', '拖延'] },
  },
});

export const complaintClosed = define({
  type: 'complaint.closed',
  number: 101,
  schema: fieldsOf({ ticketId: id, upheld: optional(flag) }),
  example: {
    source: '/hotline/12345',
    time: '2026-03-25T11:20:00+08:00',
    data: { ticketId: 'H-26031800042', upheld: true },
  },
});

export const inspectionRecorded = define({
  type: 'inspection.recorded',
  number: 110,
  schema: fieldsOf({
    inspectionId: id,
    role: oneOf(INSPECTION_ROLES),
    findings: listOf(oneOf(INSPECTION_FINDINGS)),
    licenceSeen: optional(oneOf(LICENCE_STATES)),
    amountFen: optional(money),
  }),
  example: {
    source: '/grid/370702',
    time: '2026-03-19T10:00:00+08:00',
    data: { inspectionId: 'V-1207', role: 'grid', findings: ['ok'], licenceSeen: 'complete' },
  },
});

export const externalSignal = define({
  type: 'external.signal',
  number: 120,
  schema: fieldsOf({
    signalId: id,
    kind: oneOf(EXTERNAL_SIGNAL_KINDS),
    since: optional(date),
    amountFen: optional(money),
    clearedOn: optional(date),
  }),
  example: {
    source: '/registry/370700',
    time: '2026-03-19T18:00:00+08:00',
    data: { signalId: 'W-2026-0311', kind: 'rent_arrears', since: '2026-02-01', amountFen: 6_000_000 },
  },
});

export const contactAttempted = define({
  type: 'contact.attempted',
  number: 130,
  schema: fieldsOf({ contactId: id, answered: flag }),
  example: {
    source: '/grid/370702',
    time: '2026-03-19T10:30:00+08:00',
    data: { contactId: 'X-5501', answered: true },
  },
});

export const breakDeclared = define({
  type: 'break.declared',
  number: 140,
  schema: notBefore(fieldsOf({ from: date, to: date, reason: optional(text) }), 'from', 'to'),
  example: {
    source: '/institution/370702-A1',
    time: '2026-02-05T09:00:00+08:00',
    data: { from: '2026-02-14', to: '2026-02-23', reason: '春节' },
  },
});
