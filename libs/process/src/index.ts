export * from './explain-stop.js';
export * from './process.module.js';
export * from './run-services.js';
