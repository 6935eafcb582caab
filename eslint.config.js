import tseslint from 'typescript-eslint';

const DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name, so that one thing has one name everywhere.',
};
const ENVIRONMENT = 'Read settings through defineSettings of #kernel: typed, checked, documented.';

export default tseslint.config(
  {
    ignores: ['dist/', 'coverage/', '.gnomon/', 'libs/contracts/src/gen/', '**/samples/', 'services/catalog/data/'],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Leaves files with decorators alone: Nest injects by the classes their constructors name.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unused-expressions': 'error',
      // Ports are asynchronous even where an implementation is not.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A Nest module is a class without a body.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    },
  },
  {
    files: ['**/*.{ts,js,cjs}'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: ENVIRONMENT }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:process', importNames: ['env'], message: ENVIRONMENT },
            { name: 'process', importNames: ['env'], message: ENVIRONMENT },
          ],
          patterns: [
            { regex: '(^|/)(dist|libs/(?!testkit/))', message: 'Import a library by its name, for example #kernel.' },
            { regex: '^#[a-z-]+/', message: 'A library shows only what its index.ts exports.' },
          ],
        },
      ],
    },
  },
  {
    // The kernel reads the environment for everyone; what starts processes hands it on.
    files: [
      'libs/kernel/**',
      'libs/testkit/**',
      'scripts/**',
      'bench/**',
      '**/*.system.ts',
      'services/standalone/test/**',
      '**/*.js',
      '**/*.cjs',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Plain JavaScript runs before there is a build.
    files: ['**/*.js', '**/*.cjs'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // Tools that ask for one: their configuration, and Jest reporters.
    files: ['*.config.js', '**/*.reporter.js', '**/jest/*.{ts,js}'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Tests take answers apart that have no type, and hand over unbound mocks and half-made objects on purpose.
    files: ['**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
