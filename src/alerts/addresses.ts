import type { LookupAddress } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { FeewardenError } from '../core/errors.js';

/**
 * Whoever creates a subscription chooses where our server connects to. Without a guard that reaches whatever our server
 * reaches: the database, the cloud's metadata service, a neighbour's console. So only public addresses are allowed, checked
 * at creation and again at every send, and the connection is made to the very address that was checked: a name that is
 * answered differently the second time (DNS rebinding) gains nothing.
 */

/** What an operator allows besides public addresses: `host:port`, or a network in CIDR notation. */
export interface AllowList {
  readonly hosts: ReadonlySet<string>;
  readonly networks: readonly Network[];
}
type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A URL that may be called, and the addresses it may be called at. */
export interface Target {
  readonly url: URL;
  readonly addresses: readonly LookupAddress[];
}

export type AddressVerdict =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly code: 'address_not_allowed' | 'name_not_resolved'; readonly detail: string };

export interface AddressGuard {
  check(url: string): Promise<AddressVerdict>;
}

export interface AddressGuardDeps {
  readonly allow: AllowList;
  /** All addresses of a host name, as the system resolves it. */
  readonly lookup: (host: string) => Promise<readonly LookupAddress[]>;
  /** A clock in milliseconds; only differences matter. */
  readonly nowMs: () => number;
}

export const URL_CHARACTERS_MAX = 2_048;
/**
 * Answers are kept, because the system resolves names on four threads for the whole process: one receiver with a dead name
 * server, asked anew at each send, would hold up all the others.
 */
const ANSWER_KEPT_MS = 30_000;
const FAILURE_KEPT_MS = 5_000;
const ANSWERS_MAX = 10_000;

export function createAddressGuard(deps: AddressGuardDeps): AddressGuard {
  const resolve = createResolver(deps);
  return {
    async check(text) {
      const url = readUrl(text);
      if (typeof url === 'string') return refused(url);
      const anyAddress = deps.allow.hosts.has(hostAndPort(url));
      const literal = literalOf(url);
      const addresses = literal ? [literal] : await resolve(url.hostname);
      if (addresses.length === 0) {
        return { ok: false, code: 'name_not_resolved', detail: `The name ${url.hostname} has no address.` };
      }
      // One internal address among several is enough to refuse: which of them is tried first is not ours to say.
      for (const { address } of addresses) {
        const reason = anyAddress ? null : whyInternal(address, deps.allow.networks);
        // Without the address itself: what our resolver knows of the inside is not for the one who asks.
        if (reason) return refused(`${url.hostname} is not a public address (${reason}).`);
      }
      return { ok: true, target: { url, addresses } };
    },
  };
}

/** Reads FEEWARDEN_WEBHOOK_ALLOW_INTERNAL; throws `bad_setting` naming the entry that is neither `host:port` nor a network. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>();
  const networks: Network[] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) networks.push(ipaddr.parseCIDR(entry));
    else hosts.add(readHostAndPort(entry));
  }
  return { hosts, networks };
}

/** Null for a public address or one in `allowed`, else the name of the special range that it lies in. Pure. */
export function whyInternal(address: string, allowed: readonly Network[]): string | null {
  if (!ipaddr.isValid(address)) return 'not an address';
  const told = ipaddr.parse(address);
  // ::ffff:10.0.0.1 is 10.0.0.1 for the operator's networks.
  const plain = ipaddr.process(address);
  if (allowed.some(([network, bits]) => network.kind() === plain.kind() && plain.match(network, bits))) return null;
  const range: string = told.range();
  if (range !== 'unicast') return range;
  if (told.kind() === 'ipv6') {
    // Only 2000::/3 is given out as public (IANA); this also ends IPv4 in disguise such as ::127.0.0.1.
    return (told as ipaddr.IPv6).match(ipaddr.IPv6.parse('2000::'), 3) ? null : 'notGlobal';
  }
  return CLOUD_PLATFORM_ADDRESSES.has(told.toString()) ? 'cloudPlatform' : null;
}

/**
 * Public by number, internal by meaning: Azure's platform address. The metadata addresses of the other clouds
 * (169.254.169.254, 100.100.100.200, fd00:ec2::254) lie in special ranges.
 */
const CLOUD_PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The URL, or a sentence that says why it cannot be one of a receiver. */
function readUrl(text: string): URL | string {
  if (text.length > URL_CHARACTERS_MAX) return `The URL is longer than ${URL_CHARACTERS_MAX} characters.`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return 'It is not an absolute URL.';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'Only http and https can be called.';
  if (url.username !== '' || url.password !== '') return 'A URL with a user name or password is not accepted.';
  if (url.port === '0') return 'Port 0 cannot be called.';
  return url;
}

function refused(detail: string): AddressVerdict {
  return { ok: false, code: 'address_not_allowed', detail };
}

/** The address when the host is written as one. The URL parser has already turned 0x7f.1 or 2130706433 into 127.0.0.1. */
function literalOf(url: URL): LookupAddress | null {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  if (!ipaddr.isValid(host)) return null;
  return { address: host, family: host.includes(':') ? 6 : 4 };
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

function readHostAndPort(entry: string): string {
  const port = /:(\d{1,5})$/.exec(entry)?.[1];
  const host = port ? entry.slice(0, -port.length - 1) : '';
  // Through the URL parser, so that both sides of the comparison are written the same way.
  const url = URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`) : null;
  if (!port || Number(port) < 1 || Number(port) > 65_535 || !url || url.port !== '' || url.pathname !== '/') {
    throw new FeewardenError(
      'bad_setting',
      `FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: "${entry}" is neither host:port nor a network such as 10.1.0.0/16.`,
    );
  }
  return `${url.hostname}:${Number(port)}`;
}

type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Asks once at a time for each name, and keeps the answer for a while. A name that cannot be resolved has no addresses. */
function createResolver(deps: AddressGuardDeps): Resolve {
  const kept = new Map<string, { until: number; answer: Promise<readonly LookupAddress[]> }>();
  return (host) => {
    const known = kept.get(host);
    if (known && known.until > deps.nowMs()) return known.answer;
    const entry = { until: Number.POSITIVE_INFINITY, answer: Promise.resolve<readonly LookupAddress[]>([]) };
    entry.answer = deps.lookup(host).then(
      (addresses) => {
        entry.until = deps.nowMs() + ANSWER_KEPT_MS;
        return addresses;
      },
      () => {
        entry.until = deps.nowMs() + FAILURE_KEPT_MS;
        return [];
      },
    );
    kept.delete(host);
    kept.set(host, entry);
    const oldest = kept.keys().next().value;
    if (kept.size > ANSWERS_MAX && oldest !== undefined) kept.delete(oldest);
    return entry.answer;
  };
}
