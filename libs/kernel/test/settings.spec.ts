import { describe, expect, it } from '@jest/globals';
import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

const Sample = defineSettings('sample', {
  size: setting('SAMPLE_SIZE', z.coerce.number().int().min(1).default(7), 'How large.'),
});

describe('settings', () => {
  it('takes the default where the variable is missing or empty', () => {
    expect(Sample.load({})).toEqual({ size: 7 });
    expect(Sample.load({ GNOMON_SAMPLE_SIZE: '' })).toEqual({ size: 7 });
  });

  it('reads the variable by its full name', () => {
    expect(Sample.load({ GNOMON_SAMPLE_SIZE: '12' })).toEqual({ size: 12 });
  });

  it('names the variable that is wrong', () => {
    expect(() => Sample.load({ GNOMON_SAMPLE_SIZE: 'many' })).toThrow(/^GNOMON_SAMPLE_SIZE: /);
    expect(() => Sample.load({ GNOMON_SAMPLE_SIZE: '0' })).toThrow(/^GNOMON_SAMPLE_SIZE: /);
  });
});
