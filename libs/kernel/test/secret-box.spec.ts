import { describe, expect, it } from '@jest/globals';
import { SecretBox } from '#kernel';

const box = (key: string): SecretBox => new SecretBox({ key });

describe('SecretBox', () => {
  it('opens what it sealed, and nothing that another key sealed or somebody changed', () => {
    const sealed = box('k'.repeat(32)).seal(Buffer.from('private'));
    expect(box('k'.repeat(32)).open(sealed).toString()).toBe('private');
    expect(() => box('x'.repeat(32)).open(sealed)).toThrow('cannot be read');
    sealed[sealed.length - 1]! ^= 1;
    expect(() => box('k'.repeat(32)).open(sealed)).toThrow('cannot be read');
  });

  it('seals the same text differently each time', () => {
    const one = box('k'.repeat(32));
    expect(one.seal(Buffer.from('a')).equals(one.seal(Buffer.from('a')))).toBe(false);
  });
});
