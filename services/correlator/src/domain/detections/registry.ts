import { blockedAttempt } from './blocked-attempt.js';
import type { Detection } from './detection.js';
import { policyMatch } from './policy-match.js';
import { repeatedAttempts } from './repeated-attempts.js';
import { unblockedUse } from './unblocked-use.js';

/** Every detection, in the order in which they look. A new one is a file beside these and a line here. */
export const DETECTIONS: readonly Detection[] = [policyMatch, blockedAttempt, unblockedUse, repeatedAttempts];
