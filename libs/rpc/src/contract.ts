import type { DescMessage, DescMethodUnary, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallContext } from './call-context.js';

type Input<M> = M extends DescMethodUnary<infer I extends DescMessage, DescMessage> ? I : never;
type Output<M> = M extends DescMethodUnary<DescMessage, infer O extends DescMessage> ? O : never;

/** A contract as its callers see it: one method a call, whether the other side runs in this process or not. */
export type RpcClient<S extends DescService> = {
  readonly [K in keyof S['method']]: (
    request: MessageInitShape<Input<S['method'][K]>>,
    context: CallContext,
  ) => Promise<MessageShape<Output<S['method'][K]>>>;
};

/** A contract as its service implements it. Expected failures are thrown as DomainError. */
export type RpcHandlers<S extends DescService> = {
  [K in keyof S['method']]: (
    request: MessageShape<Input<S['method'][K]>>,
    context: CallContext,
  ) => Promise<MessageInitShape<Output<S['method'][K]>>>;
};
