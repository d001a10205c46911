import { defineConfig } from 'vitest/config';

/**
 * Unit tests first: they are quick and need nothing. Then tests with a real PostgreSQL, then whole processes. The server is
 * started once, and only when a file of these kinds is run.
 */
export default defineConfig({
  test: {
    environment: 'node',
    maxWorkers: 2,
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
          // Many are properties of random histories: seconds on a quiet machine, more on a busy one.
          testTimeout: 60_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: ['test/**/*.int.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Processes that are killed and brokers that elect anew on a busy machine: one more try, which the report names.
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
