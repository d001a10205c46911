import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.js';
import { kafkaSecurity } from '../../../src/sources/kafka/security.js';
import { temporaryFolder } from '../../support/processes.js';

const folder = temporaryFolder('security');
const pem = path.join(folder, 'a.pem');
writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n');
const other = path.join(folder, 'b.txt');
writeFileSync(other, 'no certificate');

const of = (settings: Readonly<Record<string, string>>) =>
  kafkaSecurity(
    loadConfig(Object.fromEntries(Object.entries(settings).map(([name, value]) => [`FEEWARDEN_KAFKA_${name}`, value]))),
  );
const login = { USER: 'u', PASSWORD: 'p' };

describe('the security of Kafka connections', () => {
  it('is none unless it is asked for', () => {
    expect(of({})).toEqual({});
  });

  it('is TLS with the public authorities, or with files', () => {
    expect(of({ TLS: 'on' })).toEqual({ ssl: true });
    const text = expect.stringContaining('BEGIN CERTIFICATE');
    expect(of({ TLS: 'on', TLS_CA_FILE: pem })).toEqual({ ssl: { ca: [text] } });
    expect(of({ TLS: 'on', TLS_CERT_FILE: pem, TLS_KEY_FILE: pem })).toEqual({ ssl: { cert: text, key: text } });
  });

  it('is a login by SCRAM, or by PLAIN over TLS', () => {
    for (const mechanism of ['scram-sha-256', 'scram-sha-512']) {
      expect(of({ SASL: mechanism, ...login })).toEqual({ sasl: { mechanism, username: 'u', password: 'p' } });
    }
    expect(of({ TLS: 'on', SASL: 'plain', ...login })).toEqual({
      ssl: true,
      sasl: { mechanism: 'plain', username: 'u', password: 'p' },
    });
  });

  it.each([
    [{ TLS_CA_FILE: pem }, 'FEEWARDEN_KAFKA_TLS:'],
    [{ TLS: 'on', TLS_CERT_FILE: pem }, 'set both or neither'],
    [{ TLS: 'on', TLS_CA_FILE: path.join(folder, 'absent') }, 'FEEWARDEN_KAFKA_TLS_CA_FILE: '],
    [{ TLS: 'on', TLS_CA_FILE: other }, 'is no PEM file'],
    [{ USER: 'u' }, 'name the mechanism'],
    [{ SASL: 'scram-sha-256', USER: 'u' }, 'needs both'],
    [{ SASL: 'plain', ...login }, 'sends the password as it is'],
    [{ TLS: 'maybe' }, 'one of off, on'],
  ])('refuses %j', (settings, message) => {
    expect(() => of(settings as Record<string, string>)).toThrowError(
      expect.objectContaining({ code: 'bad_setting', message: expect.stringContaining(message) }),
    );
  });
});
