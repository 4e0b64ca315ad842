import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Two projects. `unit` is pure or on loopback and shares its threads; `kernel` makes network namespaces and
// runs real iptables, each file in a process of its own so that a test may change its process's environment.
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/support/summary.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
