import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { DomainError } from './errors.js';
import { defineSettings, setting, type SettingsOf } from './settings.js';

export const SecretSettings = defineSettings('secrets', {
  key: setting(
    'SECRET_KEY',
    z.string().min(32, 'must have at least 32 characters').optional(),
    'Encrypts stored private keys and integration secrets: 32 characters or more, random. The standalone process makes one in its data directory.',
  ),
});

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what must be stored and read back (AES-256-GCM, key from GNOMON_SECRET_KEY by HKDF-SHA-256). */
@Injectable()
export class SecretBox {
  constructor(@Inject(SecretSettings.token) private readonly settings: SettingsOf<typeof SecretSettings>) {}

  /** @returns nonce, authentication tag and cipher text, in that order */
  seal(plain: Uint8Array): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key(), nonce);
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  }

  /** @throws DomainError `secret.unreadable` where the key is another one or the bytes were changed */
  open(sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key(), bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new DomainError(
        'unavailable',
        'secret.unreadable',
        'A stored secret cannot be read with GNOMON_SECRET_KEY.',
      );
    }
  }

  private key(): Buffer {
    if (!this.settings.key) {
      throw new DomainError('unavailable', 'settings.missing', 'GNOMON_SECRET_KEY is not set.', {
        field: 'GNOMON_SECRET_KEY',
      });
    }
    return Buffer.from(hkdfSync('sha256', this.settings.key, '', 'gnomon secret box v1', 32));
  }
}
