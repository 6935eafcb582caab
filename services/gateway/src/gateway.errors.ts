import { DomainError } from '#kernel';

export const pageSizeOutOfRange = (): DomainError =>
  new DomainError('invalid', 'page.first-out-of-range', '`first` must be 1 to 100.', { field: 'first' });

export const cursorInvalid = (): DomainError =>
  new DomainError('invalid', 'page.cursor-invalid', '`after` is not a cursor of this list.', { field: 'after' });

export const argumentOutOfRange = (field: string, range: string): DomainError =>
  new DomainError('invalid', 'argument.out-of-range', `\`${field}\` must be ${range}.`, { field });

export const tooManyCalls = (limit: number): DomainError =>
  new DomainError(
    'too-large',
    'graphql.too-many-calls',
    `The operation asks for more than ${limit} separate answers. Ask for fewer items at a time.`,
  );

export const tooManyExports = (): DomainError =>
  new DomainError('overloaded', 'export.too-many', 'Another export is running. Ask again when it has ended.', {
    retryAfterSeconds: 5,
  });

export const tenantExists = (): DomainError =>
  new DomainError('conflict', 'tenant.exists', 'There is an organisation already.');

export const systemOnly = (): DomainError =>
  new DomainError('forbidden', 'tenant.system-only', 'Only the machine that Gnomon runs on may do this.');

export const tenantNotFound = (): DomainError =>
  new DomainError('not-found', 'tenant.not-found', 'There is no such organisation.');

export const tenantNameInvalid = (): DomainError =>
  new DomainError('invalid', 'tenant.name-invalid', 'The name must have 1 to 120 characters.', { field: 'name' });

export const supportUrlInvalid = (): DomainError =>
  new DomainError(
    'invalid',
    'tenant.support-url-invalid',
    'The support URL must be an http or https URL of at most 2,000 characters.',
    {
      field: 'supportUrl',
    },
  );

export const tokenNotFound = (): DomainError =>
  new DomainError('not-found', 'api-token.not-found', 'There is no such API token.', { field: 'id' });

export const tokenNameInvalid = (): DomainError =>
  new DomainError('invalid', 'api-token.name-invalid', 'The name must have 1 to 120 characters.', { field: 'name' });

export const tokenRolesInvalid = (): DomainError =>
  new DomainError('invalid', 'api-token.roles-invalid', 'An API token needs at least one role.', { field: 'roles' });

export const tokenExpiryInvalid = (): DomainError =>
  new DomainError('invalid', 'api-token.expiry-invalid', 'The token must expire in the future.', {
    field: 'expiresAt',
  });

export const tooManyTokens = (limit: number): DomainError =>
  new DomainError('conflict', 'api-token.too-many', `There are ${limit} valid API tokens already. Revoke some first.`);

export const lastAdminToken = (): DomainError =>
  new DomainError(
    'conflict',
    'api-token.last-admin',
    'This is the last API token with the admin role. Create another one first.',
    {
      field: 'id',
    },
  );

export const incidentCursorInvalid = (): DomainError =>
  new DomainError('invalid', 'incident.cursor-invalid', '`after` is not a cursor of this subscription.', {
    field: 'after',
  });

export const incidentCursorExpired = (): DomainError =>
  new DomainError(
    'invalid',
    'incident.cursor-expired',
    '`after` lies before what is still kept. Read the incidents, and subscribe from `incidentCursor` on.',
    { field: 'after' },
  );

export const tooManySubscriptions = (): DomainError =>
  new DomainError('overloaded', 'subscription.too-many', 'There are too many subscriptions already.', {
    retryAfterSeconds: 10,
  });

export const subscriptionsOnly = (): DomainError =>
  new DomainError(
    'invalid',
    'subscription.only',
    'Only subscriptions are served over WebSocket. Send other operations by HTTP POST.',
  );

export const eitherArgument = (one: string, other: string): DomainError =>
  new DomainError('invalid', 'argument.either', `Give \`${one}\` or \`${other}\`, and not both.`, { field: one });
