/** Tax and registry facts about an institution. Absent optional fields of a later event leave what was known unchanged; `licence` is replaced whole. */
export interface InstitutionUpserted {
  readonly name: string;
  /** GB/T 2260, 6 digits. */
  readonly regionCode: string;
  readonly townCode?: string;
  readonly gridId?: string;
  readonly brand?: string;
  readonly category: InstitutionCategory;
  readonly field?: InstitutionField;
  readonly stages?: readonly Stage[];
  readonly delivery: InstitutionDelivery;
  readonly registration: Registration;
  readonly licence: Licence;
  readonly legalRepHash?: string;
  readonly controllerHashes?: readonly string[];
  readonly sites?: readonly Site[];
  readonly status: InstitutionStatus;
  readonly lastYearRevenueFen?: number;
}

export interface Licence {
  readonly state: LicenceState;
  readonly number?: string;
  /** YYYY-MM-DD */
  readonly firstIssuedOn?: string;
  /** YYYY-MM-DD, the last valid day. */
  readonly expiresOn?: string;
}

export interface Site {
  readonly siteId: string;
  readonly closedOn?: string;
  readonly noticeOn?: string;
}

export const INSTITUTION_CATEGORIES = ['subject', 'non_subject', 'mixed'] as const;
export type InstitutionCategory = (typeof INSTITUTION_CATEGORIES)[number];
export const INSTITUTION_FIELDS = ['academic', 'culture', 'sport', 'science'] as const;
export type InstitutionField = (typeof INSTITUTION_FIELDS)[number];
export const STAGES = ['preschool', 'compulsory', 'senior'] as const;
export type Stage = (typeof STAGES)[number];
export const INSTITUTION_DELIVERIES = ['offline', 'online', 'both'] as const;
export type InstitutionDelivery = (typeof INSTITUTION_DELIVERIES)[number];
export const REGISTRATIONS = ['non_profit', 'for_profit', 'none'] as const;
export type Registration = (typeof REGISTRATIONS)[number];
export const LICENCE_STATES = ['complete', 'licence_only', 'registration_only', 'incomplete', 'none'] as const;
export type LicenceState = (typeof LICENCE_STATES)[number];
export const INSTITUTION_STATUSES = ['operating', 'suspended', 'closed'] as const;
export type InstitutionStatus = (typeof INSTITUTION_STATUSES)[number];
