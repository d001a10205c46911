import { define } from './definition.js';
import { date, fieldsOf, hash, id, listOf, money, name, oneOf, optional, region } from './fields.js';

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

export const institutionUpserted = define({
  type: 'institution.upserted',
  number: 1,
  schema: fieldsOf({
    name,
    regionCode: region,
    townCode: optional(id),
    gridId: optional(id),
    brand: optional(name),
    category: oneOf(INSTITUTION_CATEGORIES),
    field: optional(oneOf(INSTITUTION_FIELDS)),
    stages: optional(listOf(oneOf(STAGES))),
    delivery: oneOf(INSTITUTION_DELIVERIES),
    registration: oneOf(REGISTRATIONS),
    licence: fieldsOf({
      state: oneOf(LICENCE_STATES),
      number: optional(name),
      firstIssuedOn: optional(date),
      expiresOn: optional(date),
    }),
    legalRepHash: optional(hash),
    controllerHashes: optional(listOf(hash)),
    sites: optional(listOf(fieldsOf({ siteId: id, closedOn: optional(date), noticeOn: optional(date) }))),
    status: oneOf(INSTITUTION_STATUSES),
    lastYearRevenueFen: optional(money),
  }),
  example: {
    source: '/registry/370700',
    time: '2026-01-05T09:00:00+08:00',
    data: {
      name: '潍坊市示范艺术培训中心',
      regionCode: '370702',
      gridId: 'G370702-14',
      category: 'non_subject',
      field: 'culture',
      stages: ['compulsory'],
      delivery: 'offline',
      registration: 'for_profit',
      licence: {
        state: 'complete',
        number: '教民137070270000011',
        firstIssuedOn: '2022-03-01',
        expiresOn: '2028-02-29',
      },
      legalRepHash: '29c86d61028c0c071a0c81332fd80cda',
      controllerHashes: ['844117e01d86d8aaf15b284d13260589'],
      sites: [{ siteId: 'S1' }],
      status: 'operating',
      lastYearRevenueFen: 318_000_000,
    },
  },
});
