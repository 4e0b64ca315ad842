import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import { errorEvent } from './modelServer.ts';
import { Stage } from './stage.ts';

/** One thing that happens, to the objects, to the connection or to time. */
type Step = (stage: Stage) => void | Promise<void>;

/** Back to the truth: a dead connection noticed three times over, and the waits between. */
const LONGEST_WAY_MS = 4 * 210_000;

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');

const put: fc.Arbitrary<[string, Step]> = fc
  .tuple(names, fc.nat({ max: 255 }))
  .map(([name, last]) => [`put ${name} ${last}`, ({ server }) => server.put(name, `10.0.0.${last}`)]);

const remove: fc.Arbitrary<[string, Step]> = names.map((name) => [
  `delete ${name}`,
  ({ server }) => server.delete(name),
]);

/** What a watch that broke will not be told when it is back. */
const missed: fc.Arbitrary<[string, Step]> = names.map((name) => [
  `delete ${name} unseen`,
  ({ server }) => {
    server.breakWatches();
    server.delete(name);
    server.compact();
  },
]);

const pass: fc.Arbitrary<[string, Step]> = fc
  .constantFrom(10, 900, 5000, 70_000, 200_000)
  .map((ms) => [`${ms} ms pass`, (stage) => stage.pass(ms, Math.max(10, ms / 40))]);

const FAULTS: Readonly<Record<string, Step>> = {
  'watches end': ({ server }) => server.endWatches(),
  'watches break': ({ server }) => server.breakWatches(),
  'watches fall silent': ({ server }) => server.stallWatches(),
  'watches expire': ({ server }) => server.expireWatches(),
  'history is forgotten': ({ server }) => server.compact(),
  'a bookmark': ({ server }) => server.bookmark(),
  'an old event again': ({ server }) => server.repeatOld(),
  'every event twice': ({ server }) => {
    server.copies = 2;
  },
  garbage: ({ server }) => server.write('<html>\n'),
  'half a line': ({ server }) => {
    server.write('{"type":"DELETED","object":{"meta');
    server.breakWatches();
  },
  'an event of a new type': ({ server }) => server.write('{"type":"NEWS","object":{}}\n'),
  'an error in the stream': ({ server }) => server.write(errorEvent(500, 'InternalError', 'etcd')),
  'refuses connections': ({ server }) => refuse(server.failures, 'unreachable', 0),
  'answers 503': ({ server }) => refuse(server.failures, 'busy', 503),
  'answers 401': ({ server }) => refuse(server.failures, 'unauthorized', 401),
  'answers 500': ({ server }) => refuse(server.failures, 'server', 500),
  'answers 410': ({ server }) => refuse(server.failures, 'gone', 410),
  'no streaming lists': ({ server }) => {
    server.watchList = '422';
  },
  'streaming lists that fail': ({ server }) => {
    server.watchList = 'error';
  },
  'streaming lists': ({ server }) => {
    server.watchList = 'yes';
  },
  pages: ({ server }) => {
    server.pageSize = 2;
  },
  '410 as a status': ({ server }) => {
    server.goneAsStatus = true;
  },
  // Nothing else happens until it can be noticed. A server that hands out the very versions again that we know,
  // before we look, cannot be told from one that never was away: seed 507094700 found that. The protocol has no
  // answer to it but etcd's, which gives a restored server higher revisions (etcdutl --bump-revision).
  'comes back from a backup': async (stage) => {
    stage.server.restore(Math.max(10, stage.server.version - 7));
    await stage.pass(LONGEST_WAY_MS, 10_000);
  },
};

function refuse(failures: ApiError[], code: ApiError['code'], status: number): void {
  failures.push(new ApiError(code, 'on purpose', { status }), new ApiError(code, 'on purpose', { status }));
}

const fault: fc.Arbitrary<[string, Step]> = fc.constantFrom(...Object.entries(FAULTS));

const steps = fc.array(
  fc.oneof({ arbitrary: put, weight: 4 }, { arbitrary: remove, weight: 2 }, missed, pass, fault),
  {
    maxLength: 30,
  },
);

const draws = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

test('after any changes and faults the consumer knows what the server has', async () => {
  await fc.assert(
    fc.asyncProperty(steps, draws, async (story, random) => {
      const stage = new Stage(() => random.next().value);
      stage.reflector.start();
      for (const [, step] of story) {
        await step(stage);
        await stage.settle();
      }
      const { server, consumer } = stage;
      server.failures = [];
      server.copies = 1;
      await stage.pass(LONGEST_WAY_MS, 10_000);
      const expected = Object.fromEntries([...server.objects.values()].map(({ name, ip }) => [name, ip]));
      expect(consumer.ips).toEqual(expected);
      expect(consumer.syncs).toEqual(['Service']);
      server.put('z', '10.0.0.99');
      await stage.settle();
      expect(consumer.ips['z']).toBe('10.0.0.99');
      await stage.reflector.stop();
      expect(server.openWatches).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test('an unchanged object is told once, whatever happens to the connection', async () => {
  const harmless = fc.constantFrom(
    ...Object.entries(FAULTS).filter(([name]) => name !== 'comes back from a backup'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(pass, harmless), { maxLength: 15 }), draws, async (story, random) => {
      const stage = new Stage(() => random.next().value);
      for (const name of ['a', 'b', 'c']) stage.server.put(name, '10.0.0.1');
      stage.reflector.start();
      for (const [, step] of story) {
        await step(stage);
        await stage.settle();
      }
      stage.server.failures = [];
      await stage.pass(300_000, 10_000);
      expect(stage.consumer.story.toSorted()).toEqual(['+a', '+b', '+c', 'synced']);
      await stage.reflector.stop();
    }),
    { numRuns: 100 },
  );
});
