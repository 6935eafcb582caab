import { jest } from '@jest/globals';

// A test that talks to real servers waits for them with deadlines of its own; this one only ends what hangs.
jest.setTimeout(240_000);
