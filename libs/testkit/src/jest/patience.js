import { jest } from '@jest/globals';

// Tests wait with deadlines of their own, and a loaded machine is slow: this limit only ends what hangs.
jest.setTimeout(240_000);
