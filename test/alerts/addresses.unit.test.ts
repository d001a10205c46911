import { describe, expect, it } from 'vitest';
import { createAddressGuard, parseAllowList, whyInternal } from '../../src/alerts/addresses.js';

type Answers = Record<string, string[]>;

function guard(answers: Answers = {}, allow: string[] = []) {
  const asked: string[] = [];
  const clock = { ms: 0 };
  const made = createAddressGuard({
    allow: parseAllowList(allow),
    lookup: async (host) => {
      asked.push(host);
      const found = answers[host];
      if (!found) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
    nowMs: () => clock.ms,
  });
  return { ...made, asked, clock };
}

async function codeOf(url: string, answers: Answers = {}, allow: string[] = []): Promise<string> {
  const verdict = await guard(answers, allow).check(url);
  return verdict.ok ? 'ok' : verdict.code;
}

const HOSTILE_URLS = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://127.0.0.1./',
  'http://0/',
  'http://0.0.0.0:8080/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://100.100.100.200/latest/meta-data/',
  'http://168.63.129.16/machine',
  'http://192.0.0.192/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://198.51.100.7/',
  'http://203.0.113.7/',
  'http://224.0.0.1/',
  'http://239.255.255.250/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[5f00::1]/',
  'http://[4000::1]/',
  'http://[100::1]/',
  'http://①②⑦.⓪.⓪.①/',
  'ftp://8.8.8.8/',
  'file:///etc/passwd',
  'gopher://8.8.8.8/',
  'javascript:alert(1)',
  'http://user:password@8.8.8.8/',
  'http://8.8.8.8:0/',
  'http://[fe80::1%25eth0]/',
  '//8.8.8.8/',
  'hook',
  '',
  `https://8.8.8.8/${'a'.repeat(2_048)}`,
];

describe('the address guard', () => {
  it.each(HOSTILE_URLS)('refuses %s', async (url) => {
    expect(await codeOf(url)).toBe('address_not_allowed');
  });

  it.each(['https://8.8.8.8/', 'http://[2400:3200::1]:8080/x', 'https://hooks.example.org/a?b=c'])(
    'allows %s',
    async (url) => {
      expect(await codeOf(url, { 'hooks.example.org': ['203.119.206.2', '2400:3200::1'] })).toBe('ok');
    },
  );

  it('refuses a name when one of its addresses is internal, and does not say which address that is', async () => {
    const verdict = await guard({ 'twin.example.org': ['8.8.8.8', '10.9.8.7'] }).check('https://twin.example.org/');
    expect(verdict).toMatchObject({ ok: false, code: 'address_not_allowed' });
    expect(JSON.stringify(verdict)).not.toContain('10.9.8.7');
  });

  it('refuses a name that answers with an IPv4 address in IPv6 clothes', async () => {
    expect(await codeOf('https://a.example.org/', { 'a.example.org': ['::ffff:169.254.169.254'] })).toBe(
      'address_not_allowed',
    );
  });

  it('tells a name without address from a forbidden one', async () => {
    expect(await codeOf('https://nowhere.example.org/')).toBe('name_not_resolved');
    expect(await codeOf('https://empty.example.org/', { 'empty.example.org': [] })).toBe('name_not_resolved');
  });

  it('returns the addresses that it checked, for the connection to be made to them', async () => {
    const verdict = await guard({ 'hooks.example.org': ['8.8.8.8'] }).check('https://hooks.example.org/');
    expect(verdict).toMatchObject({ ok: true, target: { addresses: [{ address: '8.8.8.8', family: 4 }] } });
  });

  it('asks for a name once in thirty seconds, also when many ask at the same time', async () => {
    const one = guard({ 'hooks.example.org': ['8.8.8.8'] });
    await Promise.all(Array.from({ length: 5 }, () => one.check('https://hooks.example.org/')));
    one.clock.ms = 29_999;
    await one.check('https://hooks.example.org/other');
    expect(one.asked).toHaveLength(1);
    one.clock.ms = 30_001;
    await one.check('https://hooks.example.org/');
    expect(one.asked).toHaveLength(2);
  });
});

describe('the allow list', () => {
  it.each([
    ['127.0.0.1:9090', 'http://127.0.0.1:9090/', 'ok'],
    ['127.0.0.1:9090', 'http://127.0.0.1:9091/', 'address_not_allowed'],
    ['[::1]:9090', 'http://[::1]:9090/', 'ok'],
    ['receiver.city.internal:443', 'https://receiver.city.internal/hook', 'ok'],
    ['receiver.city.internal:443', 'http://receiver.city.internal/hook', 'address_not_allowed'],
    ['10.1.0.0/16', 'https://10.1.2.3/', 'ok'],
    ['10.1.0.0/16', 'https://10.2.2.3/', 'address_not_allowed'],
    ['10.1.0.0/16', 'https://receiver.city.internal/', 'ok'],
    ['10.1.0.0/16', 'https://[::ffff:10.1.2.3]/', 'ok'],
    ['fd12::/16', 'https://[fd12::9]/', 'ok'],
  ])('with %s judges %s as %s', async (entry, url, expected) => {
    expect(await codeOf(url, { 'receiver.city.internal': ['10.1.0.9'] }, [entry])).toBe(expected);
  });

  it.each(['10.1.0.0/33', 'localhost', ':80', 'a:0', 'a:70000', 'a/b:80', 'http://a:80'])(
    'refuses the entry %s',
    (entry) => {
      expect(() => parseAllowList([entry])).toThrowError(/FEEWARDEN_WEBHOOK_ALLOW_INTERNAL/);
    },
  );

  it('does not take what is no address for a public one', () => {
    expect(whyInternal('localhost', [])).toBe('not an address');
  });
});
