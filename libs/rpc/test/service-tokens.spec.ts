import { describe, expect, it } from '@jest/globals';
import { ServiceTokens, systemContext, TokenRefused } from '#rpc';
import { FakeClock } from '#testkit';

const OLD = 'an old service key, long enough for this';
const NEW = 'a new service key, also long enough for it';
const METHOD = 'gnomon.rpc.v1.CatalogService/GetApps';
const context = systemContext('tenant-1', 'gateway');

describe('ServiceTokens', () => {
  const clock = new FakeClock();
  const tokens = new ServiceTokens([OLD], 'gateway', clock);

  it('brings back who a call is made for', () => {
    expect(tokens.verify(tokens.sign(METHOD, context), METHOD)).toEqual(context);
  });

  it('accepts a token for the method it was made for only', () => {
    expect(() => tokens.verify(tokens.sign(METHOD, context), 'gnomon.rpc.v1.CatalogService/DeleteCustomApp')).toThrow(
      TokenRefused,
    );
  });

  it('refuses a token of which any part was changed', () => {
    const [body = '', signature = ''] = tokens.sign(METHOD, context).split('.');
    const changed = (text: string, at: number): string =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    for (let at = 0; at < body.length; at++)
      expect(() => tokens.verify(`${changed(body, at)}.${signature}`, METHOD)).toThrow(TokenRefused);
    expect(() => tokens.verify(`${body}.${changed(signature, 3)}`, METHOD)).toThrow(TokenRefused);
    for (const broken of [
      '',
      '.',
      body,
      `${body}.`,
      `.${signature}`,
      `${body}.${signature}.${signature}`,
      'x'.repeat(5_000),
    ])
      expect(() => tokens.verify(broken, METHOD)).toThrow(TokenRefused);
  });

  it('is valid for a minute, with half a minute for clocks that differ', () => {
    const token = tokens.sign(METHOD, context);
    const other = new FakeClock(clock.now());
    const verifier = new ServiceTokens([OLD], 'catalog', other);
    other.advance(89_000);
    expect(verifier.verify(token, METHOD)).toEqual(context);
    other.advance(2_000);
    expect(() => verifier.verify(token, METHOD)).toThrow(/expired/);
    other.set(new Date(clock.now().getTime() - 29_000));
    expect(verifier.verify(token, METHOD)).toEqual(context);
    other.advance(-2_000);
    expect(() => verifier.verify(token, METHOD)).toThrow(/from now/);
  });

  it('goes over to another key without a moment in which calls are refused', () => {
    const both = new ServiceTokens([NEW, OLD], 'catalog', clock);
    const after = new ServiceTokens([NEW], 'catalog', clock);
    expect(both.verify(tokens.sign(METHOD, context), METHOD)).toEqual(context);
    expect(after.verify(both.sign(METHOD, context), METHOD)).toEqual(context);
    expect(() => after.verify(tokens.sign(METHOD, context), METHOD)).toThrow(/signature/);
  });
});
