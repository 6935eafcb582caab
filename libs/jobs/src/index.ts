export * from './job.js';
export * from './job-worker.js';
export * from './jobs.config.js';
export { migrateJobs } from './jobs-tables.js';
export * from './jobs.js';
export * from './jobs.module.js';
export { DoesJob, Every } from './marks.js';
