import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { FeewardenError } from '../../core/errors.js';

/** How connections to the brokers are secured, as settings say it. */
export interface SecuritySettings {
  readonly kafkaTls: 'off' | 'on';
  /** PEM files: the authority that signed the brokers' certificates; certificate and key of this program. */
  readonly kafkaTlsCaFile: string | null;
  readonly kafkaTlsCertFile: string | null;
  readonly kafkaTlsKeyFile: string | null;
  readonly kafkaSasl: 'none' | SaslMechanism;
  readonly kafkaUser: string | null;
  readonly kafkaPassword: string | null;
}

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

/** What the client library takes. */
export type KafkaSecurity = Pick<KafkaConfig, 'ssl' | 'sasl'>;

/**
 * Reads the files that the settings name. Throws `bad_setting` when one cannot be read, and for settings that contradict each
 * other: half a login, or a certificate without TLS, would otherwise be silently without effect.
 */
export function kafkaSecurity(settings: SecuritySettings): KafkaSecurity {
  refuseContradictions(settings);
  return { ...tlsOf(settings), ...saslOf(settings) };
}

function tlsOf(settings: SecuritySettings): Pick<KafkaSecurity, 'ssl'> {
  if (settings.kafkaTls === 'off') return {};
  const { kafkaTlsCaFile: ca, kafkaTlsCertFile: cert, kafkaTlsKeyFile: key } = settings;
  if (ca === null && cert === null) return { ssl: true };
  return {
    ssl: {
      ...(ca === null ? {} : { ca: [pem('FEEWARDEN_KAFKA_TLS_CA_FILE', ca)] }),
      ...(cert === null ? {} : { cert: pem('FEEWARDEN_KAFKA_TLS_CERT_FILE', cert) }),
      ...(key === null ? {} : { key: pem('FEEWARDEN_KAFKA_TLS_KEY_FILE', key) }),
    },
  };
}

function saslOf({ kafkaSasl: mechanism, kafkaUser, kafkaPassword }: SecuritySettings): Pick<KafkaSecurity, 'sasl'> {
  if (mechanism === 'none') return {};
  return { sasl: { mechanism, username: kafkaUser!, password: kafkaPassword! } as SASLOptions };
}

function pem(variable: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`${variable}: ${file} cannot be read (${(error as Error).message}); check the path.`, error);
  }
  if (!text.includes('-----BEGIN ')) throw wrong(`${variable}: ${file} is no PEM file.`);
  return text;
}

function refuseContradictions(settings: SecuritySettings): void {
  const { kafkaTls, kafkaTlsCaFile, kafkaTlsCertFile, kafkaTlsKeyFile, kafkaSasl, kafkaUser, kafkaPassword } = settings;
  if (kafkaTls === 'off' && (kafkaTlsCaFile ?? kafkaTlsCertFile ?? kafkaTlsKeyFile) !== null)
    throw wrong('FEEWARDEN_KAFKA_TLS: certificates have no effect while it is off; set it to on.');
  if ((kafkaTlsCertFile === null) !== (kafkaTlsKeyFile === null))
    throw wrong('FEEWARDEN_KAFKA_TLS_CERT_FILE and FEEWARDEN_KAFKA_TLS_KEY_FILE: set both or neither.');
  if (kafkaSasl === 'none' && (kafkaUser ?? kafkaPassword) !== null)
    throw wrong('FEEWARDEN_KAFKA_SASL: a user and a password have no effect while it is none; name the mechanism.');
  if (kafkaSasl !== 'none' && (kafkaUser === null || kafkaPassword === null))
    throw wrong(`FEEWARDEN_KAFKA_USER and FEEWARDEN_KAFKA_PASSWORD: ${kafkaSasl} needs both.`);
  if (kafkaSasl === 'plain' && kafkaTls === 'off')
    throw wrong(
      'FEEWARDEN_KAFKA_SASL: plain sends the password as it is; set FEEWARDEN_KAFKA_TLS to on, or use scram.',
    );
}

function wrong(message: string, cause?: unknown): FeewardenError {
  return new FeewardenError('bad_setting', message, { cause });
}
