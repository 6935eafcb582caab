import type { Facts } from './facts.js';
import type { Manifest, Problem } from './manifest.js';

/** A rule of ours for what is deployed. */
export interface Policy {
  /** What holds, in words. */
  readonly name: string;
  check(manifests: readonly Manifest[], facts: Facts): Problem[];
}
