import { DomainError } from '#kernel';

/** Nothing serves the contract, or nothing that can be reached. */
export const unavailable = (contract: string): DomainError =>
  new DomainError('unavailable', 'rpc.unavailable', `${contract} is not available.`);

/** No answer within the time the caller had. What was asked may still take effect. */
export const deadlineExceeded = (contract: string): DomainError =>
  new DomainError('unavailable', 'rpc.deadline', `${contract} did not answer in time.`);

/** The other process does not take this one for a part of the product. */
export const refused = (contract: string): DomainError =>
  new DomainError(
    'unavailable',
    'rpc.refused',
    `${contract} refused the call: GNOMON_SERVICE_KEY or the time differs between the processes.`,
  );

/** The address leads to a process that does not hold the contract, or to an older version of it. */
export const notServed = (contract: string, method: string): DomainError =>
  new DomainError(
    'unavailable',
    'rpc.not-served',
    `The process that should serve ${contract} does not know ${method}.`,
  );

export const settingMissing = (variable: string, why: string): DomainError =>
  new DomainError('unavailable', 'settings.missing', `${variable} is not set: ${why}.`, { field: variable });

export const portClosed = (address: string, reason: string): DomainError =>
  new DomainError('unavailable', 'rpc.port-closed', `GNOMON_RPC_PORT: ${address} cannot be opened: ${reason}.`, {
    field: 'GNOMON_RPC_PORT',
  });
