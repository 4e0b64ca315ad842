import { describe, expect, test } from 'vitest';
import { relayAddresses, removeRelayAddresses } from '../../../src/agent/routing/relayAddresses.ts';
import type { Family } from '../../../src/net/ip.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const [V4, V6] = ['169.254.20.11', 'fd66:6169:726c::11'];

/** A loopback link; `refuses` what cannot be put on it. */
class FakeLoopback {
  readonly held: { address: string; ours: boolean }[] = [{ address: '127.0.0.1', ours: false }];
  refuses = '';
  adds = 0;

  async list() {
    return [...this.held];
  }

  async add(address: string): Promise<void> {
    this.adds += 1;
    if (address === this.refuses)
      throw new Error(`ip address add ${address}: RTNETLINK answers: Permission denied`);
    this.held.push({ address, ours: true });
  }

  async remove(address: string): Promise<void> {
    this.held.splice(
      this.held.findIndex((one) => one.address === address),
      1,
    );
  }

  get addresses(): string[] {
    return this.held.map(({ address }) => address);
  }
}

function setUp() {
  const [loopback, clock, log] = [new FakeLoopback(), new FakeClock(), new FakeLog()];
  const relays = relayAddresses({ loopback, clock, log });
  const addressOf = (family: Family): Promise<string | undefined> => relays.of(family);
  return { loopback, clock, log, addressOf, missing: () => relays.missing() };
}

describe('an address for relays', () => {
  test('is put on the link once, however often it is asked for', async () => {
    const { loopback, addressOf } = setUp();
    expect(await Promise.all([addressOf('IPv4'), addressOf('IPv4'), addressOf('IPv6')])).toEqual([
      V4,
      V4,
      V6,
    ]);
    expect(await addressOf('IPv4')).toBe(V4);
    expect([loopback.addresses, loopback.adds]).toEqual([['127.0.0.1', V4, V6], 2]);
  });

  test('that a killed agent left is kept', async () => {
    const { loopback, addressOf } = setUp();
    loopback.held.push({ address: V4, ours: true });
    expect(await addressOf('IPv4')).toBe(V4);
    expect(loopback.adds).toBe(0);
  });

  test('that the machine will not have is told once, and tried again after a minute', async () => {
    const { loopback, clock, log, addressOf, missing } = setUp();
    loopback.refuses = V6;
    expect(await Promise.all([addressOf('IPv6'), addressOf('IPv6')])).toEqual([undefined, undefined]);
    expect(await addressOf('IPv6')).toBeUndefined();
    expect([loopback.adds, log.messages('warn').length]).toEqual([1, 1]);
    expect(missing()).toEqual([expect.stringMatching(/^IPv6: ./)]);
    loopback.refuses = '';
    await clock.advance(60_000);
    expect(await Promise.all([addressOf('IPv6'), addressOf('IPv6')])).toEqual([V6, V6]);
    expect(loopback.adds).toBe(2);
    expect(missing()).toEqual([]);
  });

  test('is taken away by a cleanup, and nothing else is', async () => {
    const { loopback, addressOf } = setUp();
    await addressOf('IPv4');
    await addressOf('IPv6');
    await removeRelayAddresses(loopback);
    expect(loopback.addresses).toEqual(['127.0.0.1']);
  });
});
