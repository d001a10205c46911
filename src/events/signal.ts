import type { LicenceState } from './institution.js';

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
