/** What flows of the conformance list meet, asked with real sockets. */
import { expect, test } from 'vitest';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import type { Mode } from '../../src/proxy/backend.ts';
import {
  endpointName,
  LOCAL,
  number,
  type Numbered,
  records,
  sourceOf,
  targetOf,
  titled,
} from '../conformance/fixture.ts';
import type { Flow } from '../conformance/flow.ts';
import { FLOW_GROUPS } from '../conformance/flows.ts';
import { expectationIn } from '../conformance/mode.ts';
import type { ConformanceWorld } from './conformanceWorld.ts';

/** IPv6 TCP believes a refusal only when its second SYN is refused too, after one second. */
const TIMEOUT_MS = 4000;
const SILENCE_MS = 1500;
/** One endpoint of four is missed in all of them but once in fifty million times. */
const MOST_TRIES = 64;
const TRIES = 8;

const GROUPS = number(FLOW_GROUPS);

/** Groups with the same settings share the rules: their Services have addresses of their own. */
export const SETTINGS: readonly { readonly settings: string; readonly groups: readonly Numbered[] }[] = [
  ...Map.groupBy(GROUPS, ({ group }) => JSON.stringify(group.settings ?? {})),
].map(([settings, groups]) => ({ settings, groups }));

/** What each flow met. */
export type Met = ReadonlyMap<string, string>;

const idOf = (family: Family, { numbers }: Numbered, title: string): string =>
  `${family} ${[...numbers.values()].join()} ${title}`;

/** Of groups with the same settings. All flows run side by side: those that are dropped take their time. */
export async function meetAll(world: ConformanceWorld, groups: readonly Numbered[]): Promise<Met> {
  const met = new Map<string, string>();
  await world.sync(groups.flatMap(records), groups[0]?.group.settings);
  const flows = FAMILIES.flatMap((family) =>
    groups.flatMap((numbered) =>
      titled(numbered.group.flows)
        .filter(([, flow]) => flow.notOnKernel === undefined)
        .map(async ([title, flow]) => {
          met.set(idOf(family, numbered, title), await meet(world, flow, numbered, family));
        }),
    ),
  );
  await Promise.all(flows);
  return met;
}

/** A test for each flow. */
export function expectMet(mode: Mode, groups: readonly Numbered[], family: Family, met: () => Met): void {
  for (const numbered of groups) {
    const { id, about, flows } = numbered.group;
    test.for(titled(flows))(`${id}: ${about}: %s`, ([title, flow], { skip }) => {
      skip(flow.notOnKernel !== undefined, flow.notOnKernel);
      expect(met().get(idOf(family, numbered, title))).toBe(onKernel(mode, flow, numbered, family));
    });
  }
}

/** What a socket sees of it. */
function onKernel(mode: Mode, flow: Flow, numbered: Numbered, family: Family): string {
  const expected = expectationIn(mode, flow, numbered, family);
  switch (expected) {
    case 'REJECT':
      return 'refused';
    case 'DROP':
      return 'silence';
    case 'ACCEPT':
      // It came in, and nobody listens there; what no rule of ours accepts is dropped by the node's own.
      return 'refused';
    case 'unchanged':
      if (flow.by === 'healthCheckNodePort') return 'silence';
      return LOCAL.includes(targetOf(flow, numbered, family).address) ? 'refused' : expected;
    default:
      return expected;
  }
}

async function meet(
  world: ConformanceWorld,
  flow: Flow,
  numbered: Numbered,
  family: Family,
): Promise<string> {
  const { target, ...where } = targetOf(flow, numbered, family);
  const source = sourceOf(flow, numbered, family);
  const expected = onKernel(world.mode, flow, numbered, family);
  const timeoutMs = expected === 'silence' ? SILENCE_MS : TIMEOUT_MS;
  const enough = expected.split(' ').filter((word) => word !== 'm').length;
  const names = new Set<string>();
  const masqueraded = new Set<boolean>();
  for (let tries = 0; tries < MOST_TRIES && (tries === 0 || names.size < enough); tries += TRIES) {
    for (const answer of await world.ask(flow.from, { ...where, source, tries: TRIES, timeoutMs })) {
      const [asked = '', asker] = answer.split(' ');
      if (asker === undefined || !asked.includes(':')) return answer;
      names.add(nameOf(asked, where, family, target));
      masqueraded.add(addressIn(asker) !== source);
    }
  }
  const mark = masqueraded.size > 1 ? ' sometimes m' : masqueraded.has(true) ? ' m' : '';
  return `${[...names].sort().join(' ')}${mark}`;
}

function nameOf(
  asked: string,
  where: { readonly address: string; readonly port: number },
  family: Family,
  target: number,
): string {
  // A UDP socket on all addresses does not say at which of them it was asked.
  const unchanged = addressIn(asked) === where.address || addressIn(asked) === '::';
  return unchanged ? 'unchanged' : endpointName(asked, family, target);
}

/** Of `10.0.0.1:80` or `[fd00::1]:80`. */
function addressIn(text: string): string {
  return text.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
}
