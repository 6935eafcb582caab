import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Clock, newId } from '#kernel';
import type { CallContext } from '#rpc';
import { AuditStore } from './audit.store.js';

export type AuditOutcome = 'SUCCEEDED' | 'REJECTED' | 'FAILED';

export interface AuditedOperation {
  readonly operation: string;
  /** Empty where the arguments name none. */
  readonly target: string;
  /** JSON, without secrets. */
  readonly arguments: unknown;
}

export interface AuditResult {
  readonly outcome: AuditOutcome;
  readonly errorCode?: string;
  /** What it acted on, where only the result says so. */
  readonly target?: string;
}

/** Records what people and programs do, before it is done and again with its outcome. */
@Injectable()
export class Audit {
  constructor(
    private readonly db: Database,
    private readonly store: AuditStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Records that an operation begins. Nothing may be carried out that could not be recorded.
   *
   * @returns records its outcome
   */
  async begin(context: CallContext, operation: AuditedOperation): Promise<(result: AuditResult) => Promise<void>> {
    const fixed = {
      tenantId: context.tenantId,
      operationId: newId(),
      actorKind: context.actor.kind,
      actorId: context.actor.id,
      actorName: context.actor.name,
      operation: operation.operation,
      correlationId: context.correlationId,
    };
    const append = (rest: {
      phase: 'started' | 'ended';
      target: string;
      arguments: unknown;
      outcome: string;
      errorCode: string;
    }) => this.db.transaction((tx) => this.store.append(tx, { ...fixed, ...rest, at: this.clock.now().toISOString() }));
    await append({
      phase: 'started',
      target: operation.target,
      arguments: operation.arguments,
      outcome: '',
      errorCode: '',
    });
    return (result) =>
      append({
        phase: 'ended',
        target: result.target ?? operation.target,
        arguments: {},
        outcome: result.outcome,
        errorCode: result.errorCode ?? '',
      });
  }
}
