import { beforeEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../../src/proxy/userspace/balancer.ts';
import type { RelayEndpoint, RelayTargets } from '../../../src/proxy/userspace/relay.ts';

const A = endpoint('10.0.0.1');
const B = endpoint('10.0.0.2');
const C = endpoint('10.0.0.3');

function endpoint(address: string): RelayEndpoint {
  return { address, port: 80, text: `${address}:80` };
}

function targets(endpoints: readonly RelayEndpoint[], affinitySeconds = 0): RelayTargets {
  return { name: 'shop/web:http', endpoints, affinitySeconds, proxyProtocol: false };
}

let now = 0;
// Just below 1: every swap is one with itself, so that the list keeps its order.
const host = { random: () => 0.999_999, now: () => now };

beforeEach(() => {
  now = 0;
});

const order = (balancer: Balancer, client = '10.9.9.9'): string =>
  [...balancer.order(client)].map(({ address }) => address.slice(-1)).join('');

describe('without affinity', () => {
  test('each endpoint is first in turn, the others follow', () => {
    const balancer = new Balancer(host, targets([A, B, C]));
    expect([1, 2, 3, 4].map(() => order(balancer))).toEqual(['123', '231', '312', '123']);
  });

  test('nowhere to go', () => {
    expect(order(new Balancer(host, targets([])))).toBe('');
  });

  test('the list is shuffled', () => {
    const balancer = new Balancer({ ...host, random: () => 0 }, targets([A, B, C]));
    expect(order(balancer)).toBe('231');
  });

  test('a new list begins anew; the same list goes on', () => {
    const balancer = new Balancer(host, targets([A, B, C]));
    order(balancer);
    balancer.retarget(targets([A, B, C]));
    expect(order(balancer)).toBe('231');
    balancer.retarget(targets([A, C]));
    expect(order(balancer)).toBe('13');
  });

  test('a connection being made goes on with the list that it began with', () => {
    const balancer = new Balancer(host, targets([A, B]));
    const going = balancer.order('10.9.9.9');
    expect(going.next().value).toBe(A);
    balancer.retarget(targets([C]));
    expect(going.next().value).toBe(B);
    expect(order(balancer)).toBe('3');
  });
});

describe('an endpoint that fails', () => {
  test('once, stays where it is; twice in a row, it is tried last, for 5 s', () => {
    const balancer = new Balancer(host, targets([A, B, C]));
    balancer.failed(A);
    expect(order(balancer)).toBe('123');
    balancer.failed(A);
    expect([order(balancer), order(balancer), order(balancer)]).toEqual(['231', '321', '231']);
    expect(balancer.suspended).toEqual(['10.0.0.1:80']);
    now = 5_000;
    expect(order(balancer)).toBe('231');
    expect(order(balancer)).toBe('312');
    expect(order(balancer)).toBe('123');
    expect(balancer.suspended).toEqual([]);
  });

  test('longer with each further failure, at most a minute', () => {
    const balancer = new Balancer(host, targets([A]));
    const lasts = (): number => {
      balancer.failed(A);
      const from = now;
      while (balancer.suspended.length > 0) now += 1_000;
      return now - from;
    };
    expect(Array.from({ length: 7 }, lasts)).toEqual([0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('is as good as any once it was reached', () => {
    const balancer = new Balancer(host, targets([A, B]));
    balancer.failed(A);
    balancer.reached(A, '10.9.9.9');
    balancer.failed(A);
    expect(balancer.suspended).toEqual([]);
  });

  test('is tried all the same when it is the only one', () => {
    const balancer = new Balancer(host, targets([A]));
    balancer.failed(A);
    balancer.failed(A);
    expect(order(balancer)).toBe('1');
  });
});

describe('affinity', () => {
  test('a client stays with the endpoint that it reached, as long as it comes back in time', () => {
    const balancer = new Balancer(host, targets([A, B, C], 10));
    balancer.reached(B, 'x');
    expect([order(balancer, 'x'), order(balancer, 'y'), order(balancer, 'x')]).toEqual(['213', '231', '231']);
    now = 9_999;
    expect(order(balancer, 'x')).toBe('213');
    balancer.reached(B, 'x');
    now = 19_998;
    expect(order(balancer, 'x')).toBe('231');
    now = 19_999;
    expect(order(balancer, 'x')).toBe('312');
  });

  test('it moves when its endpoint is dead, and stays where it went', () => {
    const balancer = new Balancer(host, targets([A, B], 10));
    balancer.reached(B, 'x');
    balancer.failed(B);
    balancer.failed(B);
    expect(order(balancer, 'x')).toBe('12');
    balancer.reached(A, 'x');
    now = 6_000;
    expect([order(balancer, 'x'), order(balancer, 'x')]).toEqual(['12', '12']);
  });

  test('and when its endpoint is gone', () => {
    const balancer = new Balancer(host, targets([A, B], 10));
    balancer.reached(B, 'x');
    balancer.retarget(targets([A, C], 10));
    balancer.retarget(targets([A, B], 10));
    expect(order(balancer, 'x')).toBe('12');
  });

  test('many clients do not fill the memory: the one that was away longest is forgotten', () => {
    const balancer = new Balancer(host, targets([A, B], 10));
    for (let i = 0; i <= 65_536; i++) balancer.reached(B, `client ${i}`);
    balancer.retarget(targets([A, B], 10));
    expect(order(balancer, 'client 1')).toBe('21');
    balancer.retarget(targets([B, A, C], 10));
    balancer.retarget(targets([A, B], 10));
    expect(order(balancer, 'client 0')).toBe('12');
  });
});
