import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Not one of the projects of `npm test`: `npm run test:image` builds the image first, which takes root and a network.
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/support/summary.ts'],
    include: ['test/image/**/*.test.ts'],
    pool: 'forks',
    // One file after the other: each stands for a machine.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default config;
