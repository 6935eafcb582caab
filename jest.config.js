/**
 * Three sizes of test, told apart by file name: `*.spec.ts` is pure and small, `*.medium.ts` uses a real Postgres,
 * `*.system.ts` starts whole processes.
 */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.gnomon/'],
  setupFiles: ['<rootDir>/libs/testkit/src/jest/setup.ts'],
  setupFilesAfterEnv: ['<rootDir>/libs/testkit/src/jest/patience.js'],
};

export default {
  reporters: ['default', '<rootDir>/libs/testkit/src/jest/sizes.reporter.js'],
  projects: [
    { ...shared, displayName: 'small', testMatch: ['<rootDir>/{libs,services,scripts}/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'medium',
      testMatch: ['<rootDir>/{libs,services,scripts}/**/*.medium.ts'],
      globalSetup: '<rootDir>/libs/testkit/src/jest/start-postgres.js',
      globalTeardown: '<rootDir>/libs/testkit/src/jest/stop-postgres.js',
    },
    {
      ...shared,
      displayName: 'system',
      testMatch: ['<rootDir>/{libs,services,scripts,test}/**/*.system.ts'],
    },
  ],
};
