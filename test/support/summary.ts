import type { Reporter, TestModule } from 'vitest/node';

/** Ends every run with the line that CI reads. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    const flaky: string[] = [];
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        if (test.diagnostic()?.flaky === true) flaky.push(test.fullName);
        tests += 1;
      }
      // A file that could not be loaded has no tests, and must not look like success.
      if (tests === 0 || module.state() === 'failed') count.failed += module.errors().length;
    }
    process.on('exit', () => {
      for (const name of flaky) process.stdout.write(`\npassed only on a second try: ${name}`);
      process.stdout.write(
        `\n${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped\n`,
      );
    });
  }
}
