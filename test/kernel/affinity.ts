/** ClientIP affinity in the world of the conformance list: what a client meets depends on what it met before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import { endpointName, number, type Numbered, records, sourceOf, targetOf } from '../conformance/fixture.ts';
import { flow, type Flow, type FlowService } from '../conformance/flow.ts';
import type { ConformanceWorld } from './conformanceWorld.ts';

/** Affinity is kept for each port by itself: so many coins thrown at once never all show the same side. */
const PORTS = Array.from({ length: 24 }, (_, n) => ({
  name: `p${n}`,
  protocol: 'TCP' as const,
  port: 8000 + n,
  target: 80,
}));

const BOTH: FlowService['endpoints'] = { 'local-1': 'ready', 'remote-1': 'ready' };
const BRIEF_SECONDS = 1;
const TIMEOUT_MS = 10_000;

function world(endpoints: FlowService['endpoints']): Numbered {
  const ports = { ports: PORTS, outside: ['externalIP'] as const };
  const services: Readonly<Record<string, FlowService>> = {
    sticky: { ...ports, affinitySeconds: 10_800, endpoints },
    brief: { ...ports, affinitySeconds: BRIEF_SECONDS, endpoints },
  };
  const [numbered] = number([{ id: 'A', about: 'ClientIP affinity', services, flows: [] }]);
  if (numbered === undefined) throw new Error('one group has one number');
  return numbered;
}

export function describeAffinity(kernel: ConformanceWorld): void {
  const sync = (endpoints: FlowService['endpoints']): Promise<void> => kernel.sync(records(world(endpoints)));

  /** Endpoints met at each port, all tries of it joined. */
  async function met(
    family: Family,
    to: string,
    by: Flow['by'] = 'clusterIP',
    tries = 1,
  ): Promise<readonly string[]> {
    const numbered = world(BOTH);
    return Promise.all(
      PORTS.map(async ({ port }) => {
        const asked = flow('pod', to, by, '', `${port}/tcp`);
        const { target, ...where } = targetOf(asked, numbered, family);
        const source = sourceOf(asked, numbered, family);
        const answers = await kernel.ask('pod', { ...where, source, tries, timeoutMs: TIMEOUT_MS });
        const names = answers.map((answer) => endpointName(answer.split(' ')[0] ?? '', family, target));
        return [...new Set(names)].sort().join(' ');
      }),
    );
  }

  describe('ClientIP affinity', () => {
    beforeAll(() => sync(BOTH));
    const first = new Map<Family, readonly string[]>();
    const all = (name: string): readonly string[] => PORTS.map(() => name);

    test.each(FAMILIES)(
      '%s: a client meets one endpoint at each port, by each address of the Service',
      async (family) => {
        const once = await met(family, 'sticky');
        first.set(family, once);
        expect(new Set(once)).toEqual(new Set(['local-1', 'remote-1']));
        expect(await met(family, 'sticky', 'clusterIP', 3)).toEqual(once);
        expect(await met(family, 'sticky', 'externalIP', 3)).toEqual(once);
      },
    );

    test.each(FAMILIES)('%s: until its time has passed without a connection', async (family) => {
      const once = await met(family, 'brief');
      await sleep(BRIEF_SECONDS * 1000 + 200);
      const later = await met(family, 'brief');
      expect(later).not.toEqual(once);
      expect(new Set(later)).toEqual(new Set(['local-1', 'remote-1']));
    });

    test('it is kept where other endpoints come, go, or move nothing of it', async () => {
      await sync({ ...BOTH, 'remote-2': 'ready' });
      for (const family of FAMILIES) expect(await met(family, 'sticky')).toEqual(first.get(family));
      await sync(BOTH);
      for (const family of FAMILIES) expect(await met(family, 'sticky')).toEqual(first.get(family));
    });

    test('a client whose endpoint goes meets the other one, and stays there when the first is back', async () => {
      await sync({ 'remote-1': 'ready' });
      for (const family of FAMILIES) expect(await met(family, 'sticky')).toEqual(all('remote-1'));
      await sync(BOTH);
      for (const family of FAMILIES) expect(await met(family, 'sticky')).toEqual(all('remote-1'));
    });
  });
}
