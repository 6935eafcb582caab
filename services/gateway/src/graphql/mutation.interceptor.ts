import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { getNamedType, isUnionType, type GraphQLResolveInfo } from 'graphql';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { isDomainError } from '#kernel';
import { Audit, type AuditResult } from '../audit.service.js';
import { auditedArguments, targetOfArguments, targetOfResult } from './audited-arguments.js';
import type { RequestContext } from './request-context.js';
import { userError } from './user-errors.js';

type Args = Readonly<Record<string, unknown>>;

/** Stands around every mutation: records it in the audit log, and makes its expected failures data. */
@Injectable()
export class MutationInterceptor implements NestInterceptor {
  private readonly logger = new Logger(MutationInterceptor.name);

  constructor(private readonly audit: Audit) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType<string>() !== 'graphql') return next.handle();
    const [, args, request, info] = context.getArgs<[unknown, Args, RequestContext, GraphQLResolveInfo]>();
    if (info.parentType.name !== 'Mutation') return next.handle();
    return from(this.run(args, request, info, () => lastValueFrom<unknown>(next.handle())));
  }

  private async run(
    args: Args,
    request: RequestContext,
    info: GraphQLResolveInfo,
    mutate: () => Promise<unknown>,
  ): Promise<unknown> {
    const field = info.parentType.getFields()[info.fieldName]!;
    const target = targetOfArguments(args);
    const record = await this.audit.begin(request.call, {
      operation: info.fieldName,
      target,
      arguments: auditedArguments(field.args, args),
    });
    // What was done is done: where its outcome cannot be recorded, the log says that it is not known.
    const end = (outcome: AuditResult): Promise<void> =>
      record(outcome).catch((error: unknown) => this.logger.error(error instanceof Error ? error : String(error)));
    let result: unknown;
    try {
      result = await mutate();
    } catch (error) {
      const value = isDomainError(error) ? userError(error, args) : undefined;
      await end(resultOf(error, value !== undefined));
      if (!value) throw error;
      return value;
    }
    request.refresh();
    await end({ outcome: 'SUCCEEDED', target: target || targetOfResult(result) });
    return { __typename: successTypeOf(info), ...(result as object) };
  }
}

function resultOf(error: unknown, expected: boolean): AuditResult {
  const errorCode = isDomainError(error) ? error.code : 'internal';
  return { outcome: expected ? 'REJECTED' : 'FAILED', errorCode };
}

/** Every mutation answers a union of one success type and user errors. */
function successTypeOf(info: GraphQLResolveInfo): string {
  const type = getNamedType(info.returnType);
  const members = isUnionType(type) ? type.getTypes() : [];
  const success = members.find((member) => member.name.endsWith('Success'));
  if (!success) throw new Error(`${info.fieldName} must answer a union with a member named …Success.`);
  return success.name;
}
