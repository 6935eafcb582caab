import { UseInterceptors, applyDecorators } from '@nestjs/common';
import { Mutation } from '@nestjs/graphql';
import { MutationInterceptor } from './mutation.interceptor.js';

/**
 * A mutation of the API: recorded in the audit log, its expected failures made data. Every mutation is declared with
 * this; an interceptor for the whole process would also stand in the way of every agent's check-in.
 */
export const AuditedMutation = (field: string): MethodDecorator =>
  applyDecorators(Mutation(field), UseInterceptors(MutationInterceptor));
