import { DomainError } from '#kernel';

/** One error for every way in which a credential can be wrong, so that an answer tells nothing about which ones exist. */
export const unauthenticated = (): DomainError =>
  new DomainError('unauthenticated', 'access.unauthenticated', 'A valid bearer token is needed.');

export const forbidden = (): DomainError =>
  new DomainError('forbidden', 'access.forbidden', 'The caller’s role does not allow this.');

export const overloaded = (): DomainError =>
  new DomainError('overloaded', 'access.overloaded', 'Too many unknown credentials are being checked.', {
    retryAfterSeconds: 1,
  });

export const unavailableProvider = (): DomainError =>
  new DomainError('unavailable', 'access.provider-unavailable', 'The identity provider cannot be reached.');

export const incompleteProvider = (): DomainError =>
  new DomainError(
    'invalid',
    'access.provider-incomplete',
    'GNOMON_OIDC_JWKS_URL needs GNOMON_OIDC_ISSUER and GNOMON_OIDC_AUDIENCE beside it.',
    { field: 'GNOMON_OIDC_JWKS_URL' },
  );
