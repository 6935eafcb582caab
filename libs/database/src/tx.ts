import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { currentCorrelationId } from '#kernel';
import type { EntityManager, QueryRunner } from 'typeorm';
import { rowsOf } from './rows.js';

/** An event that a transaction will write to the event log when it commits. */
export interface AppendedEvent {
  readonly schema: DescMessage;
  readonly message: MessageShape<DescMessage>;
  readonly tenantId: string;
  readonly correlationId: string;
}

/** A transaction in progress: the only way to write. */
export class Tx {
  private readonly appended: AppendedEvent[] = [];
  private readonly afterCommitWork: (() => void)[] = [];
  private sealed = false;

  constructor(
    private readonly runner: QueryRunner,
    private readonly correlationId: string,
  ) {}

  get manager(): EntityManager {
    return this.runner.manager;
  }

  async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return rowsOf<Row>(await this.runner.query(sql, parameters as unknown[] | undefined));
  }

  /**
   * Appends an event: it becomes readable in the event log if and when this transaction commits, after every event of
   * its tenant and key that was committed before.
   *
   * @param options.tenantId empty for the global catalog
   */
  append<Schema extends DescMessage>(
    schema: Schema,
    init: MessageInitShape<Schema>,
    options: { tenantId: string },
  ): void {
    if (this.sealed) throw new Error('The transaction is already committing: nothing can be appended.');
    const message = create(schema, init);
    this.appended.push({
      schema,
      message,
      tenantId: options.tenantId,
      correlationId: currentCorrelationId() ?? this.correlationId,
    });
  }

  /** Runs `work` once the transaction has committed, and never if it does not. */
  afterCommit(work: () => void): void {
    this.afterCommitWork.push(work);
  }

  /** Ends appending and hands over what was appended. For the database's own use. */
  sealAppended(): readonly AppendedEvent[] {
    this.sealed = true;
    return this.appended;
  }

  /** For the database's own use. One failing callback does not keep the others from running. */
  runAfterCommit(onError: (error: unknown) => void): void {
    for (const work of this.afterCommitWork) {
      try {
        work();
      } catch (error) {
        onError(error);
      }
    }
  }
}
