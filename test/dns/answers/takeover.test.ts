import { expect, test } from 'vitest';
import { Takeover } from '../../../src/dns/answers/takeover.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { FakeClock } from '../../fake/clock.ts';
import { endpointRecord, namespaceRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { makeQuery } from '../support/ask.ts';
import { catalogOf, pictureOf } from '../support/cluster.ts';
import { makeResponder, TCP } from '../support/responder.ts';
import { show } from '../support/show.ts';

const SERVICES = 3000;

/** On which every look takes as long as a turn may. */
class SlowClock extends FakeClock {
  #looks = 0;
  override monotonic(): number {
    return 1000 * this.#looks++;
  }
}

/** Service `s0` to `s2999` of `shop`, with addresses of their own in the networks `10.<net>` and `10.<net + 1>`. */
function shop(net: number, services = SERVICES): ObjectRecord[] {
  const all = Array.from({ length: services }, (_, i) => {
    const host = `${i >> 8}.${i & 255}`;
    return [
      serviceRecord(`shop/s${i}`, { clusterIPs: [`10.${net}.${host}`] }),
      sliceRecord(`shop/s${i}-1`, { endpoints: [endpointRecord(`10.${net + 1}.${host}`)] }),
    ];
  });
  return [namespaceRecord('shop'), ...all.flat()];
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a large picture is entered by turns, and from the first moment everything is answered from it alone', async () => {
  const catalog = catalogOf(shop(10));
  const { responder, answers } = makeResponder(catalog.picture);
  const rcode = async (name: string, type: string): Promise<string> => {
    const reply = await responder.respond(makeQuery(name, type), TCP);
    return reply === undefined ? 'none' : show(reply).rcode;
  };
  /** Of the last Service, and of its addresses in the networks of `net`. */
  const told = async (net: number): Promise<string[]> => [
    await rcode('s2999.shop.svc.cluster.local', 'A'),
    await rcode(`183.11.${net}.10.in-addr.arpa`, 'PTR'),
    await rcode(`183.11.${net + 1}.10.in-addr.arpa`, 'PTR'),
  ];
  const GONE = ['NOERROR', 'NXDOMAIN', 'NXDOMAIN'];
  const THERE = ['NOERROR', 'NOERROR', 'NOERROR'];
  // Asked before, so that what was kept could show.
  expect([await told(10), await told(20)]).toEqual([THERE, GONE]);

  const takeover = new Takeover(answers, new SlowClock());
  for (const record of shop(20)) catalog.upsert(record);
  takeover.update(catalog.picture, catalog.publish());
  let turns = 0;
  expect([await told(10), await told(20)]).toEqual([GONE, THERE]);
  while (answers.resolver.unfinished > 0) {
    const before = answers.resolver.unfinished;
    await turn();
    turns++;
    // One Service a turn is as long as a turn may take on this clock.
    expect(before - answers.resolver.unfinished).toBeLessThanOrEqual(1);
    if (turns % 10 === 0) expect([await rcode('s2999.shop.svc.cluster.local', 'A')]).toEqual(['NOERROR']);
  }
  // The questions themselves have entered some.
  expect(turns).toBeGreaterThan(50);
  expect([await told(10), await told(20)]).toEqual([GONE, THERE]);
});

test('a small change is whole at once', () => {
  const { answers } = makeResponder(pictureOf(shop(10, 100)));
  expect(answers.resolver.unfinished).toBe(0);
});

test('a large change that is stopped in between leaves nothing behind that runs', async () => {
  const { answers } = makeResponder(pictureOf([]));
  const takeover = new Takeover(answers, new SlowClock());
  takeover.update(pictureOf(shop(10)), undefined);
  takeover.stop();
  await turn();
  expect(answers.resolver.unfinished).toBe(SERVICES);
});
