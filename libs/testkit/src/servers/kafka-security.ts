import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** The listeners of a broker that know who they talk to, and what it takes to be let in. */
export interface SecuredListeners {
  /** `host:port`: log-in by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not encrypted. */
  readonly sasl: string;
  /** `host:port`: TLS, no log-in. */
  readonly tls: string;
  /** `host:port`: TLS and log-in. */
  readonly both: string;
  readonly username: string;
  readonly password: string;
  /** The certificate (PEM) that the broker's is signed with. */
  readonly caFile: string;
}

const STORE_PASSWORD = 'of-a-test';
const USERNAME = 'gnomon';
const PASSWORD = 'let-me-in-8f2c';

/** What `StorageTool format` is told besides: users of SCRAM live in the cluster's own metadata. */
export const SCRAM_USERS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=${USERNAME},password=${PASSWORD}]`,
]);

/** Makes a key and a certificate for 127.0.0.1 and names the listeners. */
export function secure(directory: string, ports: readonly number[]): SecuredListeners {
  const store = storeOf(directory);
  const caFile = path.join(directory, 'ca.pem');
  const common = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  keytool(
    ...['-genkeypair', ...common, '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2'],
    ...['-dname', 'CN=gnomon test broker', '-ext', 'san=ip:127.0.0.1', '-ext', 'bc:c=ca:true'],
  );
  keytool('-exportcert', ...common, '-rfc', '-file', caFile);
  const [sasl, tls, both] = ports.map((port) => `127.0.0.1:${port}`);
  return { sasl: sasl!, tls: tls!, both: both!, username: USERNAME, password: PASSWORD, caFile };
}

/** The names, addresses and protocols of the listeners, to be added to the plain ones. */
export function listenersOf(secured: SecuredListeners): { addresses: string[]; protocols: string[] } {
  return {
    addresses: [`LOGIN://${secured.sasl}`, `TLS://${secured.tls}`, `BOTH://${secured.both}`],
    protocols: ['LOGIN:SASL_PLAINTEXT', 'TLS:SSL', 'BOTH:SASL_SSL'],
  };
}

/** The lines of `server.properties` about keys and users. */
export function securityProperties(directory: string): string {
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USERNAME}="${PASSWORD}";`;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const logins = ['login', 'both'].map(
    (listener) => `listener.name.${listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.${listener}.plain.sasl.jaas.config=${plain}
listener.name.${listener}.scram-sha-256.sasl.jaas.config=${scram}
listener.name.${listener}.scram-sha-512.sasl.jaas.config=${scram}
`,
  );
  return `${logins.join('')}ssl.keystore.type=PKCS12
ssl.keystore.location=${storeOf(directory)}
ssl.keystore.password=${STORE_PASSWORD}
ssl.key.password=${STORE_PASSWORD}
`;
}

function storeOf(directory: string): string {
  return path.join(directory, 'broker.p12');
}

function keytool(...args: string[]): void {
  const made = spawnSync('keytool', args, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`keytool ${args[0]} failed: ${made.stdout}${made.stderr}`);
}
