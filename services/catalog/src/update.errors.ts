import { DomainError } from '#kernel';
import type { UpdateProblem } from './domain/update-file.js';

export const catalogRolledBack = (version: string) =>
  new DomainError('conflict', 'catalog.rolled-back', `Catalog ${version} was rolled back.`, { version });

/** `catalog.update-tampered`, `catalog.update-older`, … : one code for each reason. */
export const updateRefused = ({ code, message, version }: UpdateProblem, file: string) =>
  new DomainError('invalid', `catalog.update-${code}`, message, { field: 'file', file, version });
