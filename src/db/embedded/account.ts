import { lchownSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { FeewardenError } from '../../core/errors.js';
import { readText } from './processes.js';

/** The user that the server runs as, when it is not the caller. PostgreSQL refuses to run as root. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Where neither /etc/passwd nor anything else names `nobody`. */
const NOBODY: ServerAccount = { uid: 65_534, gid: 65_534 };

/**
 * For root: the owner of the existing cluster, else `nobody`. For anybody else: null, the server runs as the caller, who must
 * own the cluster.
 */
export function serverAccount(clusterDir: string): ServerAccount | null {
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  const caller = process.getuid?.();
  if (caller === undefined) return null;
  if (caller !== 0) {
    if (owner && owner.uid !== caller) throw notYours(clusterDir, owner.uid);
    return null;
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return findNobody();
}

/** Gives the folder and everything in it to the account. */
export function giveTo(account: ServerAccount, target: string): void {
  try {
    chownTree(account, target);
  } catch (error) {
    throw new FeewardenError(
      'database_unavailable',
      `${target} cannot be given to user ${account.uid}, and PostgreSQL does not run as root: run feewarden as an ordinary user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function chownTree(account: ServerAccount, target: string): void {
  lchownSync(target, account.uid, account.gid);
  const entry = statSync(target, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return;
  for (const child of readdirSync(target, { withFileTypes: true })) {
    const file = path.join(target, child.name);
    if (child.isDirectory()) chownTree(account, file);
    else lchownSync(file, account.uid, account.gid);
  }
}

function findNobody(): ServerAccount {
  const match = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readText('/etc/passwd') ?? '');
  return match ? { uid: Number(match[1]), gid: Number(match[2]) } : NOBODY;
}

function notYours(clusterDir: string, uid: number): FeewardenError {
  return new FeewardenError(
    'database_unavailable',
    `${clusterDir} belongs to user ${uid}: run feewarden as the user who made it, or choose another folder with --data.`,
  );
}
