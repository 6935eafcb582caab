import { describe, expect, it } from '@jest/globals';
import { redactText } from '#kernel';

describe('redactText', () => {
  it('takes the secret out of a credential and leaves the id that names it', () => {
    const text = 'refused gno_01jd-abc_0123456789abcdefABCDEF0123456789 from 10.0.0.1';
    expect(redactText(text)).toBe('refused gn*_01jd-abc_[redacted] from 10.0.0.1');
  });

  it('leaves other text alone', () => {
    expect(redactText('gnomon_http_requests_total gno_short')).toBe('gnomon_http_requests_total gno_short');
  });
});
