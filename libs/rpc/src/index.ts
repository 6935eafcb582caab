export * from './call-context.js';
export * from './contract-registry.js';
export * from './contract.js';
export * from './rpc.module.js';
