import { defineConfig } from 'vitest/config'

/** Suites that start a control plane: it takes a core or more, and they look at milliseconds. */
const CLUSTER = [
  'test/cluster/**/*.test.ts',
  'test/merge/server*.test.ts',
  'test/adapters/kube-http/control-plane.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'local', include: ['test/**/*.test.ts'], exclude: CLUSTER, maxWorkers: 2 },
      },
      {
        extends: true,
        // After all others and one at a time, each with a control plane of its own.
        test: { name: 'cluster', include: CLUSTER, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    setupFiles: ['test/kit/seed.ts'],
    testTimeout: 30_000,
    // The first suite on a new machine may build the control plane.
    hookTimeout: 1_200_000,
    teardownTimeout: 30_000,
    // `npm test` has said once for all suites what is missing; a suite run by itself says it.
    onConsoleLog: (log) => !(process.env['HOLDFAST_SKIPPING_SAID'] && log.startsWith('SKIPPED')),
  },
})
