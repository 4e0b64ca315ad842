/** An upstream that asks the cluster's DNS what we ask it would pass each query round until it times out. */
import { decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { address, type Asked, ForwarderWorld, type Says, server } from './world.ts';

/** What a resolver says that forwards what it is asked to this agent. */
async function throughAgent({ forwarder }: ForwarderWorld, { name }: Asked): Promise<Says> {
  const query = encode({
    type: 'query',
    id: 1,
    flags: 0x100,
    questions: [{ name, type: 'HINFO', class: 'IN' }],
  });
  const { reply } = await forwarder.forward(query);
  return { answers: decode(Buffer.from(reply ?? [])).answers };
}

/** Waits for what the check does in the background. */
const settled = (world: ForwarderWorld): Promise<void> => world.clock.advance(0);

test('a server that leads back to us is not asked, and told of', async () => {
  await using world = new ForwarderWorld();
  let returned: Says = {};
  world.says = (asked) => {
    if (asked.type !== 'HINFO') return address('192.0.2.1', 0)(asked);
    if (asked.server !== '10.0.0.1') return {};
    void throughAgent(world, asked).then((says) => (returned = says));
    return 'held';
  };
  await world.serve([server(1), server(2)]);
  await world.ask('a.example');
  world.says = (asked) => (asked.type === 'HINFO' ? returned : address('192.0.2.1', 0)(asked));
  world.release();
  await settled(world);
  expect((await world.ask('b.example')).upstream).toBe('10.0.0.2:53');
  const [first, second] = world.forwarder.state().upstreams;
  expect([first?.looping, first?.healthy, second?.looping]).toEqual([true, false, false]);
  expect(world.told).toBe(1);
  expect(world.forwarder.state().problems).toEqual([
    'upstream server 10.0.0.1:53 sends our queries back to us: not asked',
  ]);
});

test('so is one that leads to the agent of another node', async () => {
  await using other = new ForwarderWorld();
  await using world = new ForwarderWorld();
  world.says = (asked) => (asked.type === 'HINFO' ? 'held' : address('192.0.2.1', 0)(asked));
  await world.serve([server(1)]);
  await world.ask('a.example');
  const probe = world.asked.find(({ type }) => type === 'HINFO');
  expect(probe).toBeDefined();
  const said = probe === undefined ? {} : await throughAgent(other, probe);
  world.says = () => said;
  world.release();
  await settled(world);
  expect(world.forwarder.state().upstreams[0]?.looping).toBe(true);
  expect(await world.ask('b.example')).toMatchObject({ step: 'forward', rcode: 'none' });
});

test('so is one that asks us, whatever it then says', async () => {
  await using world = new ForwarderWorld();
  world.says = (asked) => {
    if (asked.type !== 'HINFO') return address('192.0.2.1', 0)(asked);
    void throughAgent(world, asked);
    return { rcode: 3 };
  };
  await world.serve([server(1)]);
  await world.ask('a.example');
  await settled(world);
  expect(world.forwarder.state().upstreams[0]?.looping).toBe(true);
});

test('a server that has an address for every name is none', async () => {
  await using world = new ForwarderWorld();
  world.says = address('192.0.2.1', 0);
  await world.serve([server(1)]);
  await world.ask('a.example');
  await settled(world);
  expect(world.forwarder.state().upstreams[0]?.looping).toBe(false);
});

test('a server that has changed its ways is asked again; silence is no change', async () => {
  await using world = new ForwarderWorld();
  const loop: Says = {
    answers: [{ name: '', type: 'HINFO', ttl: 0, data: { cpu: 'Fairlead', os: 'loop' } }],
  };
  world.says = (asked) => (asked.type === 'HINFO' ? loop : address('192.0.2.1', 0)(asked));
  await world.serve([server(1)]);
  await world.ask('a.example');
  await settled(world);
  const looping = (): boolean | undefined => world.forwarder.state().upstreams[0]?.looping;
  expect(looping()).toBe(true);
  await world.clock.advance(60_000);
  expect(looping()).toBe(true);
  world.says = () => 'silent';
  await world.clock.advance(61_000);
  expect(looping()).toBe(true);
  world.says = (asked) => (asked.type === 'HINFO' ? { rcode: 3 } : address('192.0.2.1')(asked));
  await world.clock.advance(61_000);
  expect(looping()).toBe(false);
  expect((await world.ask('b.example')).answers).toEqual(['192.0.2.1 60']);
});
