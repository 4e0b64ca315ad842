import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import { errorEvent } from './modelServer.ts';
import { Stage } from './stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  stage.server.put('web', '10.0.0.1');
  stage.server.put('db', '10.0.0.2');
});

afterEach(async () => {
  await stage.reflector.stop();
});

async function started(): Promise<void> {
  stage.reflector.start();
  await stage.settle();
  expect(stage.consumer.news()).toEqual(['+web', '+db', 'synced']);
  stage.server.seen.length = 0;
}

/** Verbs and versions of the requests since the last call. */
function requests(): string[] {
  return stage.server.seen.splice(0).map(({ verb, query }) => {
    if (query['sendInitialEvents'] === 'true') return 'stream';
    return `${verb} ${query['continue'] ?? query['resourceVersion'] ?? 'newest'}`;
  });
}

describe('the first reading', () => {
  test('streams where the server has streaming lists, and goes on as a watch', async () => {
    stage.reflector.start();
    await stage.settle();
    expect(requests()).toEqual(['stream']);
    stage.server.put('api', '10.0.0.3');
    await stage.settle();
    expect(stage.consumer.news()).toEqual(['+web', '+db', 'synced', '+api']);
    expect(requests()).toEqual([]);
    expect(stage.log.messages('info')).toEqual(['Services: 2 streamed in 0 ms']);
  });

  test.each(['422', '400', 'error'] as const)('lists where streaming is refused with %s', async (how) => {
    stage.server.watchList = how;
    await started();
    expect(stage.log.messages('info')).toEqual(['Services: 2 listed in 0 ms']);
    expect(stage.log.messages('warn')).toEqual([]);
    stage.server.put('api', '10.0.0.3');
    await stage.settle();
    expect(stage.consumer.news()).toEqual(['+api']);
  });

  test('asks for any version at first, and watches from the one it got', async () => {
    stage.server.watchList = '422';
    stage.reflector.start();
    await stage.settle();
    expect(requests()).toEqual(['stream', 'list 0', 'watch 12']);
  });

  test('lists where a streaming list never comes to its end', async () => {
    stage.server.watchList = 'never ends';
    stage.reflector.start();
    await stage.pass(29_000);
    expect(requests()).toEqual(['stream']);
    await stage.pass(2000);
    expect(requests()).toEqual(['list 0', 'watch 12']);
    expect(stage.consumer.news()).toEqual(['+web', '+db', 'synced']);
  });

  test('reads every page', async () => {
    stage.server.watchList = '422';
    stage.server.pageSize = 1;
    stage.server.put('api', '10.0.0.3');
    stage.reflector.start();
    await stage.settle();
    expect(requests()).toEqual(['stream', 'list 0', 'list 13001', 'list 13002', 'watch 13']);
    expect(stage.consumer.news()).toEqual(['+web', '+db', '+api', 'synced']);
  });

  test('starts again when the server forgets the pages', async () => {
    stage.server.watchList = '422';
    stage.server.pageSize = 1;
    stage.reflector.start();
    const open = stage.server.open.bind(stage.server);
    let compacted = false;
    stage.server.open = (request) => {
      if (request.path.includes('continue') && !compacted) {
        compacted = true;
        stage.server.version += 1;
        stage.server.compact();
        stage.server.failures.push(new ApiError('gone', 'the continue token is too old', { status: 410 }));
      }
      return open(request);
    };
    await stage.pass(2000);
    expect(stage.consumer.news()).toEqual(['+web', '+db', 'synced']);
    // Not `0` again: the server's cache may be what was too old.
    expect(requests()).toContain('list newest');
  });

  test('is told once, however often everything is read', async () => {
    await started();
    for (let i = 0; i < 3; i++) {
      stage.server.expireWatches();
      await stage.pass(60_000);
    }
    expect(requests()).toEqual(['stream', 'stream', 'stream']);
    expect(stage.consumer.news()).toEqual([]);
    expect(stage.consumer.syncs).toEqual(['Service']);
  });
});

describe('going on', () => {
  test('resumes at once where the server ends a watch', async () => {
    await started();
    await stage.pass(5000);
    stage.server.endWatches();
    await stage.settle();
    expect(requests()).toEqual(['watch 12']);
    stage.server.delete('db');
    await stage.settle();
    expect(stage.consumer.news()).toEqual(['-db']);
  });

  test('resumes from the last bookmark', async () => {
    await started();
    stage.server.version = 500;
    stage.server.bookmark();
    await stage.pass(5000);
    stage.server.endWatches();
    await stage.settle();
    expect(requests()).toEqual(['watch 500']);
  });

  test('misses nothing of what happened between two watches', async () => {
    await started();
    stage.server.breakWatches();
    stage.server.put('api', '10.0.0.3');
    stage.server.delete('web');
    stage.server.put('db', '10.0.0.22');
    await stage.pass(2000);
    expect(requests()).toEqual(['watch 12']);
    expect(stage.consumer.news()).toEqual(['+api', '-web', '+db']);
  });

  test('takes a connection on which nothing comes for dead after three bookmarks', async () => {
    await started();
    stage.server.stallWatches();
    stage.server.put('api', '10.0.0.3');
    await stage.pass(179_000);
    expect(requests()).toEqual([]);
    await stage.pass(2000);
    expect(requests()).toEqual(['watch 12']);
    expect(stage.consumer.news()).toEqual(['+api']);
  });

  test('bookmarks are signs of life', async () => {
    await started();
    for (let i = 0; i < 10; i++) {
      await stage.pass(60_000);
      stage.server.bookmark();
    }
    expect(requests()).toEqual([]);
  });

  test('asks the server to end each watch after five to ten minutes', async () => {
    for (const [random, seconds] of [
      [0, '300'],
      [0.5, '450'],
      [0.999, '599'],
    ] as const) {
      const other = new Stage(() => random);
      other.reflector.start();
      await other.settle();
      expect(other.server.seen[0]?.query['timeoutSeconds']).toBe(seconds);
      await other.reflector.stop();
    }
  });
});

describe('410 Gone', () => {
  test.each([
    ['as an ERROR event', false],
    ['as a status', true],
  ])('%s is read anew and told as a difference', async (_, asStatus) => {
    await started();
    stage.server.goneAsStatus = asStatus;
    stage.server.breakWatches();
    stage.server.put('api', '10.0.0.3');
    stage.server.delete('web');
    stage.server.compact();
    await stage.pass(5000);
    expect(requests()).toEqual(['watch 12', 'stream']);
    // What is new comes first: a name or an address that moved is never nowhere.
    expect(stage.consumer.news()).toEqual(['+api', '-web']);
    expect(stage.log.messages('info').at(-1)).toMatch(/^Services: read anew in \d+ ms: 1 changed, 1 gone$/);
  });

  test('on a server that only lists, is listed no older than what is known', async () => {
    stage.server.watchList = '422';
    stage.reflector.start();
    await stage.settle();
    requests();
    stage.server.put('api', '10.0.0.3');
    stage.server.expireWatches();
    await stage.pass(5000);
    expect(requests()).toEqual(['stream', 'list 13', 'watch 13']);
  });
});

describe('a server in trouble', () => {
  const reset = new ApiError('unreachable', 'connection refused (ECONNREFUSED)');

  /** Milliseconds between the attempts while every one fails. */
  async function waits(count: number, failure = reset): Promise<number[]> {
    stage.server.failures = Array.from({ length: 100 }, () => failure);
    stage.reflector.start();
    const times: number[] = [];
    await stage.settle();
    for (let ms = 0; times.length <= count && ms < 300_000; ms += 100) {
      if (stage.server.seen.splice(0).length > 0) times.push(ms);
      await stage.pass(100, 100);
    }
    return times.slice(1).map((time, i) => time - (times[i] ?? 0));
  }

  test.each([
    ['the longest draws', 0.999_999, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]],
    ['half of them', 0.5, [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]],
    ['the shortest', 0, [100, 100, 100, 100]],
  ])('is asked after waits of 0.8 s to 30 s, fully jittered: %s', async (_, random, expected) => {
    stage = new Stage(() => random);
    expect(await waits(expected.length)).toEqual(expected);
  });

  test('is asked no sooner than it wants to be', async () => {
    const busy = new ApiError('busy', 'too many requests', { status: 429, retryAfterMs: 5000 });
    expect(await waits(3, busy)).toEqual([5000, 5000, 5000]);
  });

  test('is asked quickly again once it was well for a minute', async () => {
    stage.server.failures = Array.from({ length: 6 }, () => reset);
    stage.reflector.start();
    await stage.pass(120_000);
    expect(stage.consumer.syncs).toEqual(['Service']);
    stage.server.seen.length = 0;
    stage.server.breakWatches();
    await stage.pass(900, 100);
    expect(requests()).toEqual(['watch 12']);
  });

  test('that ends every watch at once is not asked in a loop', async () => {
    await started();
    await stage.pass(5000);
    const open = stage.server.open.bind(stage.server);
    stage.server.open = async (request) => {
      const stream = await open(request);
      stage.server.endWatches();
      return stream;
    };
    stage.server.endWatches();
    await stage.pass(60_000);
    expect(requests().length).toBeLessThan(10);
    expect(stage.reflector.state().error).toContain('ends watches as soon as they begin');
  });

  test('that sends garbage is told, and asked again from the last good version', async () => {
    await started();
    stage.server.write('{"type":"ADDED","object":{"kind"\n');
    stage.server.put('api', '10.0.0.3');
    await stage.pass(2000);
    expect(requests()).toEqual(['watch 12']);
    expect(stage.consumer.news()).toEqual(['+api']);
    expect(stage.log.messages('warn')).toEqual([
      'what API server https://10.0.0.1:6443 sends for services is not the Kubernetes API: a line that is not JSON: "{\\"type\\":\\"ADDED\\",\\"object\\":{\\"kind\\""; trying again',
    ]);
  });

  test('that breaks in the middle of a line loses nothing', async () => {
    await started();
    stage.server.write('{"type":"ADDED","object":{"metadata":{"name":"half');
    stage.server.breakWatches();
    stage.server.put('api', '10.0.0.3');
    await stage.pass(2000);
    expect(stage.consumer.news()).toEqual(['+api']);
  });

  test('that reports an error in the stream is asked again from where we were', async () => {
    await started();
    stage.server.write(errorEvent(500, 'InternalError', 'etcd is away'));
    await stage.pass(2000);
    expect(requests()).toEqual(['watch 12']);
    expect(stage.log.messages('warn')).toEqual([
      'API server https://10.0.0.1:6443 failed to serve services (500): etcd is away; trying again',
    ]);
  });

  test('that came back with older data, as from a backup, is believed', async () => {
    stage.server.version = 100;
    stage.server.put('web', '10.0.0.100');
    await started();
    stage.server.restore(50);
    stage.server.put('api', '10.0.0.3');
    // Such a server is silent for a version that it has yet to reach: three times, then everything is read anew.
    await stage.pass(4 * 200_000);
    expect(stage.consumer.ips).toEqual({ web: '10.9.9.9', db: '10.0.0.2', api: '10.0.0.3' });
    stage.server.put('web', '10.0.0.101');
    await stage.settle();
    expect(stage.consumer.ips['web']).toBe('10.0.0.101');
  });

  test('that is away for an hour is not read anew when it is back', async () => {
    await started();
    stage.server.failures = Array.from({ length: 1000 }, () => reset);
    stage.server.breakWatches();
    await stage.pass(3_600_000, 5000);
    stage.server.failures = [];
    stage.server.put('api', '10.0.0.3');
    await stage.pass(31_000);
    expect(new Set(requests())).toEqual(new Set(['watch 12']));
    expect(stage.consumer.news()).toEqual(['+api']);
  });
});

describe('what an operator sees', () => {
  const refused = new ApiError('unreachable', 'connection refused (ECONNREFUSED)');
  const line = 'cannot reach API server https://10.0.0.1:6443: connection refused (ECONNREFUSED)';

  test('one line when the connection is lost, one a minute while it stays so, one when it is back', async () => {
    await started();
    stage.log.lines.length = 0;
    stage.server.failures = Array.from({ length: 1000 }, () => refused);
    stage.server.breakWatches();
    await stage.pass(600_000);
    const warnings = stage.log.messages('warn');
    expect(warnings[0]).toBe(
      'connection to API server https://10.0.0.1:6443 broke: connection lost (ECONNRESET); trying again',
    );
    expect(warnings.slice(1).every((message) => message === `${line}; trying again`)).toBe(true);
    expect(warnings.length).toBeGreaterThan(5);
    expect(warnings.length).toBeLessThanOrEqual(12);
    expect(stage.reflector.state()).toMatchObject({ synced: true, error: line });
    stage.server.failures = [];
    await stage.pass(40_000);
    expect(stage.log.messages('info')).toHaveLength(1);
    expect(stage.log.messages('info')[0]).toMatch(/^regained after 6\d\d s: cannot reach API server/);
    expect(stage.reflector.state().error).toBe('');
  });

  test('for how long it has heard nothing, whatever the clock is set to meanwhile', async () => {
    expect(stage.reflector.state()).toEqual({
      kind: 'Service',
      synced: false,
      error: '',
      silentMs: undefined,
    });
    await started();
    const before = stage.reflector.state().silentMs ?? Number.NaN;
    await stage.pass(45_000);
    stage.clock.jump(3_600_000);
    expect(stage.reflector.state().silentMs).toBe(before + 45_000);
    stage.server.bookmark();
    await stage.settle();
    expect(stage.reflector.state().silentMs).toBe(0);
  });
});

describe('an object of more than 8 MB', () => {
  const told = '?Service shop/huge: is 8.6 MB of JSON, more than the 8.0 MB that are read';
  const huge = '1'.repeat(4_500_000);

  test.each(['yes', '422'] as const)(
    'is told by name and left alone; the others are read (streaming: %s)',
    async (how) => {
      stage.server.watchList = how;
      stage.server.put('huge', huge);
      stage.server.put('api', '10.0.0.3');
      stage.reflector.start();
      await stage.settle();
      expect(stage.consumer.news()).toEqual(['+web', '+db', told, '+api', 'synced']);
      stage.server.expireWatches();
      await stage.pass(2000);
      expect(stage.consumer.news()).toEqual([]);
    },
  );

  test('keeps what it said while it was smaller, until it is deleted', async () => {
    await started();
    stage.server.put('huge', '10.0.0.9');
    stage.server.put('huge', huge);
    await stage.settle();
    expect(stage.consumer.news()).toEqual(['+huge', told]);
    expect(stage.consumer.ips['huge']).toBe('10.0.0.9');
    stage.server.delete('huge');
    stage.server.put('api', '10.0.0.3');
    await stage.settle();
    expect(stage.consumer.news()).toEqual(['-huge', '+api']);
  });
});

describe('stopping', () => {
  test.each([
    ['before it started', async () => undefined],
    ['while it watches', async () => started()],
    [
      'while it waits to try again',
      async () => {
        stage.server.failures = [new ApiError('unreachable', 'no route to it (EHOSTUNREACH)')];
        stage.reflector.start();
        await stage.settle();
      },
    ],
    [
      'while a request is never answered',
      async () => {
        stage.server.open = () => new Promise(() => undefined);
        stage.reflector.start();
        await stage.settle();
      },
    ],
  ])('%s ends everything', async (_, prepare) => {
    await prepare();
    await stage.reflector.stop();
    await stage.pass(3_600_000, 600_000);
    expect(stage.server.openWatches).toBe(0);
    expect(requests().length).toBeLessThanOrEqual(1);
    expect(stage.clock.pending()).toEqual([]);
  });
});
