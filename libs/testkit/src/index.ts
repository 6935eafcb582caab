export * from './eventually.js';
export * from './fake-clock.js';
export * from './test-app.js';
export * from './test-database.js';
export * from './jest/requirements.js';
export * from './servers/kafka.js';
