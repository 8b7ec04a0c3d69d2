import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Two cores: a suite with a control plane of its own takes one of them.
    maxWorkers: 2,
    testTimeout: 30_000,
    // The first suite on a new machine may build the control plane.
    hookTimeout: 1_200_000,
    teardownTimeout: 30_000,
  },
})
