import type { InstitutionRows, LinkedInstitution } from './rows.js';

export type LinkKind = LinkedInstitution['by'];

/** How the database names the kinds. */
export const LINK_KINDS: readonly LinkKind[] = ['legal_rep', 'controller', 'brand', 'account', 'teachers'];

/** A key that more institutions share than this ties nobody to anybody: a chain's name, a bank's collecting account (our default). */
export const LINKED_INSTITUTIONS_MAX = 50;

export interface LinkKey {
  readonly kind: LinkKind;
  readonly key: string;
}

/** One string for a key of a kind; `linkKindOf` reads the kind again. */
export function linkName({ kind, key }: LinkKey): string {
  return `${LINK_KINDS.indexOf(kind)}/${key}`;
}

export function linkKindOf(name: string): LinkKind {
  return LINK_KINDS[Number(name.slice(0, name.indexOf('/')))]!;
}

/**
 * What an institution may share with others: its people by their hashes, its brand exactly but for blanks around it, its custody
 * accounts, and the teachers of the last lessons. Each once, in order.
 */
export function linkKeysOf(rows: Pick<InstitutionRows, 'profile' | 'registers' | 'lessons'>): readonly LinkKey[] {
  const keys: LinkKey[] = [];
  const add = (kind: LinkKind, values: Iterable<string>): void => {
    for (const key of [...new Set(values)].sort()) if (key !== '') keys.push({ kind, key });
  };
  const { profile } = rows;
  add('legal_rep', profile?.legalRepHash ? [profile.legalRepHash.toLowerCase()] : []);
  add('controller', profile?.controllerHashes?.map((hash) => hash.toLowerCase()) ?? []);
  add('brand', profile?.brand ? [profile.brand.trim()] : []);
  const accounts = rows.registers['account.registered'] ?? [];
  add(
    'account',
    accounts.flatMap(({ data }) => (data.purpose === 'custody' ? [data.accountId] : [])),
  );
  add(
    'teachers',
    rows.lessons.flatMap(({ teacherHash }) => teacherHash ?? []),
  );
  return keys;
}

/** In the order in which they are read from anywhere: by institution, then kind. */
export function compareLinks(a: LinkedInstitution, b: LinkedInstitution): number {
  if (a.institutionId !== b.institutionId) return a.institutionId < b.institutionId ? -1 : 1;
  return LINK_KINDS.indexOf(a.by) - LINK_KINDS.indexOf(b.by);
}
