/** The owner of all cluster IPs and node ports. */
import { type Cidr, contains, parseCidr } from '../../../net/cidr.ts';
import { canonicalIP, formatIP } from '../../../net/ip.ts';
import { type FieldError, invalid, invalidObject } from '../objects/fieldError.ts';
import { type JsonObject, numberAt, textAt, textsAt } from '../objects/json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../objects/object.ts';
import type { Allocator } from '../objects/allocator.ts';
import { chooseFamilies } from './families.ts';
import {
  claimsOf,
  hasClusterIP,
  hasNodePorts,
  isHeadless,
  portKey,
  portsOf,
  specOf,
  wantsHealthCheckNodePort,
} from './spec.ts';

const SERVICE = { group: '', plural: 'services', kind: 'Service' };

export interface ServiceRanges {
  readonly cidrs: readonly string[];
  readonly nodePorts: readonly [first: number, last: number];
  /** In [0, 1). */
  readonly random: () => number;
}

export class ServiceAllocator implements Allocator {
  readonly #owners = new Map<string, string>();
  readonly #cidrs: readonly Cidr[];
  readonly #ranges: ServiceRanges;

  /** Throws when a range is none. */
  constructor(ranges: ServiceRanges) {
    this.#ranges = ranges;
    this.#cidrs = ranges.cidrs.map((text) => {
      const cidr = parseCidr(text);
      if (cidr === undefined) throw new Error(`${text} is not an address range`);
      return cidr;
    });
  }

  complete(service: KubeObject, old: KubeObject | undefined): KubeObject {
    const plan = new Plan(this.#owners, keyOf(namespaceOf(service), nameOf(service)));
    const spec = this.#withPorts(this.#withIPs(specOf(service), old === undefined, plan), plan);
    if (plan.errors.length > 0) throw invalidObject(SERVICE, nameOf(service), plan.errors);
    return { ...service, spec };
  }

  settle(now: KubeObject | undefined, old: KubeObject | undefined): void {
    for (const key of old === undefined ? [] : claimsOf(old)) this.#owners.delete(key);
    if (now === undefined) return;
    for (const key of claimsOf(now)) this.#owners.set(key, keyOf(namespaceOf(now), nameOf(now)));
  }

  #withIPs(given: JsonObject, isNew: boolean, plan: Plan): JsonObject {
    if (!hasClusterIP(given)) return given;
    const first = textAt(given, 'clusterIP');
    const listed = textsAt(given, 'clusterIPs');
    const asked = listed.length > 0 || first === '' ? listed : [first];
    if (first !== '' && asked[0] !== first) {
      return plan.refuse(given, invalid('spec.clusterIPs', asked, 'first value must match `clusterIP`'));
    }
    const spec = { ...given, clusterIPs: asked };
    const choice = chooseFamilies(
      spec,
      this.#cidrs.map(({ family }) => family),
      isNew,
    );
    if ('field' in choice) return plan.refuse(given, choice);
    const clusterIPs = isHeadless(spec)
      ? ['None']
      : choice.families.map((family, i) => {
          const cidr = this.#cidrs.find((one) => one.family === family);
          return cidr === undefined ? '' : this.#takeIP(cidr, asked[i], asked, plan);
        });
    return {
      ...spec,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilies: choice.families,
      ipFamilyPolicy: choice.policy,
    };
  }

  #takeIP(cidr: Cidr, asked: string | undefined, all: readonly string[], plan: Plan): string {
    if (asked === undefined) {
      const found = this.#freeIP(cidr, plan);
      if (found === undefined)
        plan.errors.push(invalid('spec.clusterIPs', all, 'failed to allocate a serviceIP: range is full'));
      return found ?? '';
    }
    const address = canonicalIP(asked) ?? '';
    const refuse = (why: string): void => {
      plan.errors.push(invalid('spec.clusterIPs', all, `failed to allocate IP ${address}: ${why}`));
    };
    if (!contains(cidr, address)) {
      refuse(
        `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${cidr.text}`,
      );
    } else if (!plan.take(address, false)) {
      refuse('provided IP is already allocated');
    }
    return address;
  }

  /** A random place first, as the real allocator, so that nothing comes to rely on an order. */
  #freeIP(cidr: Cidr, plan: Plan): string | undefined {
    const size = 2 ** Math.min(31, cidr.bytes.length * 8 - cidr.bits);
    // Not the network's own address, nor the first, which is default/kubernetes, nor the last, the broadcast address.
    const usable = size - 3;
    const start = Math.floor(this.#ranges.random() * usable);
    for (let i = 0; i < usable; i++) {
      const address = addressAt(cidr, 2 + ((start + i) % usable));
      if (plan.take(address, true)) return address;
    }
    return undefined;
  }

  #withPorts(spec: JsonObject, plan: Plan): JsonObject {
    if (!hasNodePorts(spec)) return spec;
    const automatic = spec['allocateLoadBalancerNodePorts'] !== false;
    const ports = portsOf(spec).map((port, i) => {
      const nodePort = numberAt(port, 'nodePort');
      if (nodePort === 0 && !automatic) return port;
      return {
        ...port,
        nodePort: this.#takePort(nodePort, textAt(port, 'protocol'), `spec.ports[${i}].nodePort`, plan),
      };
    });
    if (!wantsHealthCheckNodePort(spec)) return { ...spec, ports };
    const asked = numberAt(spec, 'healthCheckNodePort');
    return {
      ...spec,
      ports,
      healthCheckNodePort: this.#takePort(asked, 'TCP', 'spec.healthCheckNodePort', plan),
    };
  }

  #takePort(asked: number, protocol: string, field: string, plan: Plan): number {
    const [low, high] = this.#ranges.nodePorts;
    if (asked !== 0) {
      if (asked < low || asked > high) {
        const why = `provided port is not in the valid range. The range of valid ports is ${low}-${high}`;
        plan.errors.push(invalid(field, asked, why));
      } else if (!plan.take(portKey(asked, protocol), false)) {
        plan.errors.push(invalid(field, asked, 'provided port is already allocated'));
      }
      return asked;
    }
    const count = high - low + 1;
    const start = Math.floor(this.#ranges.random() * count);
    for (let i = 0; i < count; i++) {
      const port = low + ((start + i) % count);
      if (plan.take(portKey(port, protocol), true)) return port;
    }
    plan.errors.push(invalid(field, 0, 'failed to allocate a nodePort: range is full'));
    return 0;
  }
}

/** What one write would take. Nothing is anybody's before the write has succeeded. */
class Plan {
  readonly errors: FieldError[] = [];
  readonly #owners: ReadonlyMap<string, string>;
  readonly #owner: string;
  readonly #taken = new Set<string>();

  constructor(owners: ReadonlyMap<string, string>, owner: string) {
    this.#owners = owners;
    this.#owner = owner;
  }

  /** @param free it must be nobody's; else it may be the owner's own from before. */
  take(key: string, free: boolean): boolean {
    const owner = this.#owners.get(key);
    if (owner !== undefined && (free || owner !== this.#owner)) return false;
    if (free && this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  refuse(spec: JsonObject, error: FieldError): JsonObject {
    this.errors.push(error);
    return spec;
  }
}

function addressAt(cidr: Cidr, offset: number): string {
  const bytes = Uint8Array.from(cidr.bytes);
  const low = new DataView(bytes.buffer, bytes.length - 4);
  low.setUint32(0, low.getUint32(0) + offset);
  return formatIP(bytes);
}
