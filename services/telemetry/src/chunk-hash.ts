import { createHash, type Hash } from 'node:crypto';

/** How much text is put together before it is hashed: hashing each line by itself costs more than its bytes do. */
const BLOCK_CHARACTERS = 16 * 1024;

/** SHA-256 of the lines that one record of an upload was made of. */
export class ChunkHash {
  private digest: Hash = createHash('sha256');
  private block = '';

  add(line: string): void {
    this.block += line;
    this.block += '\n';
    if (this.block.length >= BLOCK_CHARACTERS) this.write();
  }

  /** The hash of the lines since the last time it was taken. */
  take(): Buffer {
    this.write();
    const hash = this.digest.digest();
    this.digest = createHash('sha256');
    return hash;
  }

  private write(): void {
    this.digest.update(this.block);
    this.block = '';
  }
}
