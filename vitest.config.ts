import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

// `unit` is pure or on loopback and shares its threads. `threads` runs the DNS server's tests again with a thread that
// answers what is ready.
// `kernel` makes network namespaces and runs real iptables, each file in a process of its own so that a test may
// change its process's environment.
//
// A test has a second try, because machines are shared and a few of the kernel's doings are not ours to wait for. The
// summary names each that needed it: that is a bug to look into, never a habit to rely on.
//
// Kernel tests mostly wait, for the kernel and for time to pass: two files at once fill a machine of two cores, on which
// vitest by itself runs one.
const config: ViteUserConfig = defineConfig({
  test: {
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', './test/support/summary.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          retry: 1,
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/image/**'],
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
          provide: { udp: 'dgram' },
        },
      },
      {
        test: {
          name: 'threads',
          retry: 1,
          // Each question is asked twice, which those that count questions would count; and a thread takes a while to
          // start, so those with a server for each test are left out.
          include: ['test/dns/server/{records,updates,acceptance,truncation,amplification}.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
          provide: { udp: 'threads' },
        },
      },
      {
        test: {
          name: 'kernel',
          retry: 1,
          include: ['test/kernel/**/*.test.ts'],
          // Minutes long, by its nature.
          exclude:
            process.env['FAIRLEAD_SOAK_MINUTES'] === undefined ? ['test/kernel/chaos/soak.test.ts'] : [],
          pool: 'forks',
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 50_000 } },
          provide: { udp: 'dgram' },
        },
      },
    ],
  },
});

export default config;
