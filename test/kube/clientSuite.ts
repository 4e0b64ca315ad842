import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { createApiSource } from '../../src/kube/api.ts';
import type { PodScope, Source } from '../../src/kube/source.ts';
import type { Connection } from '../../src/kube/transport/connection.ts';
import { HttpTransport } from '../../src/kube/transport/httpTransport.ts';
import type { JsonRequest } from '../../src/kube/transport/transport.ts';
import { FakeLog } from '../fake/log.ts';
import { Consumer } from './reflector/consumer.ts';
import { until } from '../support/until.ts';

/** An API server that the client is tested against. */
export interface ServerUnderTest {
  connection(): Promise<Connection>;
  /** The server goes away and comes back. */
  restart?(): Promise<void>;
  /** Ends open watches; one that goes on from before the last change then gets 410. */
  forgetHistory?(): Promise<void>;
  close?(): Promise<void>;
}

const core = '/api/v1';
const discovery = '/apis/discovery.k8s.io/v1';

/** The same list of tests for every API server: what passes against the real one is true of the fake. */
export function clientSuite(name: string, open: () => Promise<ServerUnderTest>): void {
  describe(name, () => {
    const namespace = `fairlead-${process.pid}-${Date.now().toString(36)}`;
    const inside = `${core}/namespaces/${namespace}`;
    let server: ServerUnderTest;
    let transport: HttpTransport;
    let streaming = false;
    const sources: Source[] = [];

    const call = (method: JsonRequest['method'], path: string, body?: unknown): Promise<unknown> =>
      transport.request({ method, path, body, access: { group: '', resource: 'anything', verbs: [method] } });
    const createService = (service: string, spec: object = {}): Promise<unknown> =>
      call('POST', `${inside}/services`, {
        metadata: { name: service },
        spec: { ports: [{ name: 'http', port: 80 }], ...spec },
      });
    const remove = (path: string): Promise<unknown> => call('DELETE', path);

    beforeAll(async () => {
      server = await open();
      transport = new HttpTransport({ connection: await server.connection(), clock: systemClock });
      await call('POST', `${core}/namespaces`, { metadata: { name: namespace } });
      streaming = await hasStreamingLists(transport);
    }, 120_000);

    afterEach(async () => {
      await Promise.all(sources.splice(0).map((source) => source.stop()));
    });

    afterAll(async () => {
      await remove(`${core}/namespaces/${namespace}`);
      transport.close();
      await server.close?.();
    }, 120_000);

    interface Client {
      readonly source: Source;
      readonly consumer: Consumer;
      readonly log: FakeLog;
      /** What was told of the test's own namespace since the last call. */
      news(): string[];
    }

    async function start(more: { watchPods?: PodScope; connection?: Connection } = {}): Promise<Client> {
      const consumer = new Consumer();
      const log = new FakeLog();
      const source = createApiSource({
        connection: more.connection ?? (await server.connection()),
        nodeName: `${namespace}-node`,
        watchPods: more.watchPods ?? 'none',
        clock: systemClock,
        log,
        random: () => 0.2,
      });
      sources.push(source);
      source.start(consumer);
      const news = (): string[] => consumer.news().filter((line) => line !== 'synced');
      return { source, consumer, log, news };
    }

    async function synced(more: Parameters<typeof start>[0] = {}): Promise<Client> {
      const client = await start(more);
      await until(() => client.source.state().every((state) => state.synced));
      client.consumer.news();
      return client;
    }

    const own = ({ consumer }: Client): string[] =>
      [...consumer.records.keys()].filter((key) => key.includes(` ${namespace}/`)).toSorted();

    test('tells what exists, then that this was all', async () => {
      await createService('first');
      await createService('headless', { clusterIP: 'None' });
      await createSlice(call, namespace, 'first-1', 'first', '10.1.0.1');
      await createSlice(call, namespace, 'nobody', '', '10.1.0.2');
      const client = await start();
      await until(() => client.source.state().every((state) => state.synced));
      expect(own(client)).toEqual(
        ['EndpointSlice first-1', 'EndpointSlice nobody', 'Service first', 'Service headless'].map((entry) =>
          entry.replace(' ', ` ${namespace}/`),
        ),
      );
      expect(client.consumer.syncs.toSorted()).toEqual(['EndpointSlice', 'Namespace', 'Node', 'Service']);
      expect(client.consumer.records.get(`Service ${namespace}/headless`)).toMatchObject({
        clusterIPs: ['None'],
      });
      expect(client.consumer.records.has(`Namespace /${namespace}`)).toBe(true);
      const how = streaming ? 'streamed' : 'listed';
      expect(client.log.messages('info').filter((line) => line.includes(` ${how} in `))).toHaveLength(4);
      expect(client.log.messages('warn')).toEqual([]);
    });

    test('tells each change once, and in order', async () => {
      const client = await synced();
      await createService('changing');
      const service = `${inside}/services/changing`;
      await until(() => client.consumer.records.has(`Service ${namespace}/changing`));
      await patch(transport, service, { spec: { sessionAffinity: 'ClientIP' } });
      await remove(service);
      await until(() => client.consumer.story.includes('-changing'));
      expect(client.news()).toEqual(['+changing', '+changing', '-changing']);
    });

    test('tells of an object that was deleted and made again', async () => {
      await createService('again', { clusterIP: 'None' });
      const client = await synced();
      await remove(`${inside}/services/again`);
      await createService('again');
      await until(() => client.consumer.story.length >= 2);
      expect(client.news()).toEqual(['-again', '+again']);
    });

    test('tells of its own node only', async () => {
      const client = await synced();
      const node = (label: string): object => ({
        metadata: { name: `${namespace}-${label}`, labels: { 'topology.kubernetes.io/zone': label } },
        spec: { podCIDR: '10.9.0.0/24', podCIDRs: ['10.9.0.0/24'] },
      });
      await call('POST', `${core}/nodes`, node('other'));
      await call('POST', `${core}/nodes`, node('node'));
      await until(() => client.consumer.story.length > 0);
      await remove(`${core}/nodes/${namespace}-node`);
      await remove(`${core}/nodes/${namespace}-other`);
      await until(() => client.consumer.story.length > 1);
      expect(client.news()).toEqual([`+${namespace}-node`, `-${namespace}-node`]);
    });

    test('tells of namespaces', async () => {
      const client = await synced();
      await call('POST', `${core}/namespaces`, { metadata: { name: `${namespace}-2` } });
      await until(() => client.consumer.records.has(`Namespace /${namespace}-2`));
      await remove(`${core}/namespaces/${namespace}-2`);
      await until(() => !client.consumer.records.has(`Namespace /${namespace}-2`));
    });

    test('tells of pods only when asked to', async () => {
      const [without, withPods] = await Promise.all([synced(), synced({ watchPods: 'all' })]);
      await call('POST', `${inside}/pods`, {
        metadata: { name: 'p1' },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      });
      await until(() => withPods.consumer.story.includes('+p1'));
      await remove(`${inside}/pods/p1?gracePeriodSeconds=0`);
      await until(() => withPods.consumer.story.includes('-p1'));
      expect(without.news()).toEqual([]);
    });

    test('tells the same to who comes early and who comes late', async () => {
      const early = await synced();
      const names = Array.from({ length: 120 }, (_, i) => `many-${String(i).padStart(3, '0')}`);
      await Promise.all(names.map((service) => createService(service, { clusterIP: 'None' })));
      await Promise.all(names.slice(0, 40).map((service) => remove(`${inside}/services/${service}`)));
      await until(() => names.slice(0, 40).every((service) => early.consumer.story.includes(`-${service}`)));
      await until(() => own(early).filter((key) => key.includes('/many-')).length === 80);
      const late = await synced();
      expect(own(late)).toEqual(own(early));
      expect([...late.consumer.records.values()].toSorted(byName)).toEqual(
        [...early.consumer.records.values()].toSorted(byName),
      );
    });

    test('reads an object that is much larger than usual', async () => {
      const annotations = { big: 'é"\\{['.repeat(30_000) };
      await call('POST', `${inside}/services`, {
        metadata: { name: 'large', annotations },
        spec: { clusterIP: 'None' },
      });
      const client = await synced();
      expect(client.consumer.records.has(`Service ${namespace}/large`)).toBe(true);
      await patch(transport, `${inside}/services/large`, { metadata: { labels: { a: 'b' } } });
      await until(() => client.consumer.story.includes('+large'));
    });

    test('goes on after the server was away', async (context) => {
      context.skip(server.restart === undefined, 'this server cannot be restarted from here');
      const client = await synced();
      const before = own(client);
      await server.restart?.();
      await untilAnswered(transport);
      await createService('after-restart');
      await until(() => client.consumer.records.has(`Service ${namespace}/after-restart`));
      await until(() => client.source.state().every((state) => state.error === ''));
      // Nothing was taken back and told again on the way.
      expect(client.news()).toEqual(['+after-restart']);
      expect(before.every((key) => client.consumer.records.has(key))).toBe(true);
      expect(client.consumer.syncs).toHaveLength(4);
    }, 120_000);

    test('reads anew as a difference when its version is forgotten', async (context) => {
      context.skip(server.forgetHistory === undefined, 'history cannot be forgotten from here');
      await createService('kept');
      await createService('lost');
      const client = await synced();
      await createService('seen');
      await until(() => client.consumer.records.has(`Service ${namespace}/seen`));
      await remove(`${inside}/services/lost`);
      await until(() => client.consumer.story.includes('-lost'));
      client.news();
      // A change elsewhere, so that the version which the client goes on from is not the newest.
      await call('POST', `${inside}/configmaps`, { metadata: { name: 'elsewhere' } });
      await server.forgetHistory?.();
      await untilAnswered(transport);
      await createService('new');
      await until(() => client.consumer.records.has(`Service ${namespace}/new`));
      await until(() => client.log.messages('info').some((line) => line.startsWith('Services: read anew')));
      expect(client.news()).toEqual(['+new']);
    }, 120_000);

    test('says so when its credentials are refused', async () => {
      const connection: Connection = {
        ...(await server.connection()),
        server: (await server.connection()).server,
        credentials: async () => {
          const { tls } = await (await server.connection()).credentials();
          return { tls, headers: { authorization: 'Bearer wrong' } };
        },
      };
      const client = await start({ connection });
      await until(() => client.source.state().every((state) => state.error !== ''));
      const line = `API server ${connection.server} does not accept our credentials (401): the token or client certificate is invalid or has expired`;
      expect(new Set(client.source.state().map((state) => state.error))).toEqual(new Set([line]));
      expect(client.log.messages('warn')).toEqual([`${line}; trying again`]);
    });

    test.each([
      [
        'conflict',
        409,
        'POST',
        '/services',
        { metadata: { name: 'first' }, spec: { ports: [{ port: 80 }] } },
      ],
      ['notFound', 404, 'DELETE', '/services/nowhere', undefined],
      ['invalid', 422, 'POST', '/services', { metadata: { name: 'port0' }, spec: { ports: [{ port: 0 }] } }],
    ] as const)('a request may fail with %s (%i)', async (code, status, method, path, body) => {
      await expect(call(method, inside + path, body)).rejects.toMatchObject({ code, status });
    });
  });
}

async function hasStreamingLists(transport: HttpTransport): Promise<boolean> {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const access = { group: '', resource: 'services', verbs: ['watch'] };
  try {
    const path = `${core}/services?${query}`;
    const stream = await transport.open({ path, accept: 'application/json', access, silenceMs: 5000 });
    stream.close();
    return true;
  } catch {
    return false;
  }
}

function createSlice(
  call: (method: 'POST', path: string, body: unknown) => Promise<unknown>,
  namespace: string,
  name: string,
  service: string,
  address: string,
): Promise<unknown> {
  const labels = service === '' ? {} : { 'kubernetes.io/service-name': service };
  return call('POST', `${discovery}/namespaces/${namespace}/endpointslices`, {
    metadata: { name, labels },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });
}

function patch(transport: HttpTransport, path: string, body: object): Promise<unknown> {
  const access = { group: '', resource: 'services', verbs: ['patch'] };
  return transport.request({
    method: 'PATCH',
    path,
    body,
    access,
    contentType: 'application/merge-patch+json',
  });
}

async function untilAnswered(transport: HttpTransport): Promise<void> {
  const access = { group: '', resource: 'namespaces', verbs: ['get'] };
  for (let answered = false; !answered; ) {
    answered = await transport.request({ method: 'GET', path: `${core}/namespaces/default`, access }).then(
      () => true,
      () => false,
    );
    if (!answered) await pause(20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function byName(a: { kind: string; name: string }, b: { kind: string; name: string }): number {
  return `${a.kind}/${a.name}` < `${b.kind}/${b.name}` ? -1 : 1;
}
