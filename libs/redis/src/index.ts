export * from './redis-link.js';
export * from './redis.config.js';
