import type { Database } from '#database';
import type { Clock, SecretBox } from '#kernel';
import {
  generateSigningKey,
  readSigningKey,
  signManifest,
  type ManifestFields,
  type SignedManifest,
  type SigningKey,
} from './domain/sign.js';

/** Signs block lists with the installation's one key, which is made at the first start and stored sealed. */
export class Signer {
  private constructor(private readonly key: SigningKey) {}

  /** Reads the key, or makes it. Processes that start at the same time end up with the same one. */
  static async open(database: Database, secretBox: SecretBox, clock: Clock): Promise<Signer> {
    const { key, pkcs8 } = generateSigningKey();
    await database.query(
      `INSERT INTO signing_key (is_current, key_id, public_key, sealed_private_key, created_at)
       SELECT true, $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM signing_key)
       ON CONFLICT DO NOTHING`,
      [key.keyId, key.publicKey, secretBox.seal(pkcs8), clock.now()],
    );
    const [row] = await database.query<{ sealed_private_key: Buffer }>('SELECT sealed_private_key FROM signing_key');
    return new Signer(readSigningKey(secretBox.open(row!.sealed_private_key)));
  }

  get keyId(): string {
    return this.key.keyId;
  }

  /** The 32 raw bytes of the Ed25519 public key. */
  get publicKey(): Buffer {
    return this.key.publicKey;
  }

  sign(fields: ManifestFields): SignedManifest {
    return signManifest(fields, this.key);
  }
}
