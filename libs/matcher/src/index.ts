export { HostIndex, type AppRule, type HostMatchResult } from './host-index.js';
