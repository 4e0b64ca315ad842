/** The one picture of the cluster that routing, names and explanations share. */
import { describeObject, type Problem } from '../kube/problem.ts';
import type {
  EndpointSliceRecord,
  Kind,
  NamespaceRecord,
  NodeRecord,
  ObjectRecord,
  ObjectRef,
  ServiceRecord,
} from '../kube/records.ts';
import type { Watcher } from '../kube/source.ts';
import { type ChangeSet, emptyPicture, type Picture, type ThisNode } from './picture.ts';
import { Findings } from './read/findings.ts';
import { checkLabel } from './read/names.ts';
import { readNode } from './read/node.ts';
import { portless } from './read/portless.ts';
import { readService } from './read/service.ts';
import { readSlice } from './read/slice.ts';
import { EndpointTable } from './state/endpoints.ts';
import { NamespaceTable } from './state/namespaces.ts';
import { PodTable } from './state/pods.ts';
import { ProblemTable } from './state/problems.ts';
import { same, sameGroup, sameList } from './state/same.ts';
import { ServiceTable } from './state/services.ts';

/** Without these nothing can be routed; the others only refine. */
const NEEDED: readonly Kind[] = ['Service', 'EndpointSlice'];

/**
 * Takes what a source tells, record by record, and shows it as a picture that changes only in `publish`. The cost
 * of a publication is that of what has changed, not of the cluster; records are not kept.
 *
 * No object can stop another: what is wrong with one is in `picture.problems`. A new version that is unusable as
 * a whole leaves the last usable one in force.
 */
export class Catalog implements Watcher {
  readonly #nodeName: string;
  readonly #onPending: () => void;
  #isPending = false;

  readonly #services = new ServiceTable();
  readonly #endpoints = new EndpointTable();
  readonly #namespaces = new NamespaceTable();
  readonly #pods = new PodTable();
  readonly #problems = new ProblemTable();
  readonly #syncedKinds = new Set<Kind>();
  #node: ThisNode | undefined;
  #restored = false;

  readonly #published = emptyPicture();
  readonly picture: Picture = this.#published;

  /** `onPending` is called when something waits for `publish`: once, until the next publication. */
  constructor(options: { readonly nodeName: string; readonly onPending?: () => void }) {
    this.#nodeName = options.nodeName;
    this.#onPending = options.onPending ?? (() => undefined);
  }

  upsert(record: ObjectRecord, origin?: string): void {
    switch (record.kind) {
      case 'Service':
        this.#upsertService(record, origin);
        break;
      case 'EndpointSlice':
        this.#upsertSlice(record, origin);
        break;
      case 'Node':
        this.#upsertNode(record, origin);
        break;
      case 'Namespace':
        this.#upsertNamespace(record, origin);
        break;
      case 'Pod':
        this.#pods.put(record);
        break;
      case 'ConfigMap':
        // Settings, for whoever watches them: no part of the picture.
        return;
    }
    this.#wake();
  }

  remove(ref: ObjectRef): void {
    this.#problems.found(describeObject(ref), []);
    switch (ref.kind) {
      case 'Service':
        this.#services.remove(keyOf(ref));
        break;
      case 'EndpointSlice':
        this.#endpoints.remove(keyOf(ref), ref.name);
        break;
      case 'Node':
        if (ref.name === this.#nodeName) this.#node = undefined;
        break;
      case 'Namespace':
        this.#namespaces.remove(ref.name);
        break;
      case 'Pod':
        this.#pods.remove(keyOf(ref));
        break;
      case 'ConfigMap':
        return;
    }
    this.#wake();
  }

  synced(kind: Kind): void {
    this.#syncedKinds.add(kind);
    if (kind === 'Namespace') this.#namespaces.complete();
    this.#wake();
  }

  restored(): void {
    this.#restored = true;
    this.#wake();
  }

  unreadable(problem: Problem): void {
    this.#found(problem.object, [problem], false);
    this.#wake();
  }

  /** Brings the picture up to date. `undefined` when nothing differs: what was taken back was never there. */
  publish(): ChangeSet | undefined {
    this.#isPending = false;
    const services = this.#publishServices();
    const namespaces = this.#namespaces.publish(this.#published.namespaces);
    const pods = this.#pods.publish(this.#published.pods);
    const problems = this.#problems.publish(this.#published.problems);
    const node = !same(this.#node, this.#published.node);
    if (node) this.#published.node = this.#node;
    const synced = !this.#published.synced && NEEDED.every((kind) => this.#syncedKinds.has(kind));
    if (synced) this.#published.synced = true;
    const restored = this.#restored && !this.#published.synced;
    const news = restored !== this.#published.restored;
    this.#published.restored = restored;
    const differs =
      node || synced || news || [services, namespaces, pods, problems].some((set) => set.size > 0);
    return differs ? { services, namespaces, node, pods, problems, synced } : undefined;
  }

  #upsertService(record: ServiceRecord, origin?: string): void {
    const { service, problems } = readService(record, origin);
    if (service !== undefined) this.#services.put(service);
    this.#found(record, problems, service !== undefined);
  }

  #upsertSlice(record: EndpointSliceRecord, origin?: string): void {
    const { serviceKey, group, problems } = readSlice(record, this.#nodeName, origin);
    const key = keyOf(record);
    // Taking the label away is how a slice is taken out of service: that is no version to be outlived.
    if (serviceKey === '') this.#endpoints.remove(key, record.name);
    else if (group !== undefined) this.#endpoints.put(key, serviceKey, group, record.fromEndpoints);
    this.#found(record, problems, serviceKey === '' || group !== undefined);
  }

  #upsertNode(record: NodeRecord, origin?: string): void {
    if (record.name !== this.#nodeName) return;
    const { node, problems } = readNode(record, origin);
    this.#node = node;
    this.#found(record, problems, true);
  }

  #upsertNamespace(record: NamespaceRecord, origin?: string): void {
    const findings = new Findings(record, origin);
    if (checkLabel(record.name, 'metadata.name', findings)) this.#namespaces.add(record.name);
    this.#found(record, findings.all(), true);
  }

  #found(object: Problem['object'], problems: readonly Problem[], usable: boolean): void {
    const kept = !usable && this.#inForce(object);
    const told = kept
      ? problems.map((problem, i) => (i === problems.length - 1 ? outlived(problem) : problem))
      : problems;
    this.#problems.found(describeObject(object), told);
  }

  #inForce(object: Problem['object']): boolean {
    switch (object.kind) {
      case 'Service':
        return this.#services.has(keyOf(object));
      case 'EndpointSlice':
        return this.#endpoints.has(keyOf(object));
      case 'Node':
        return this.#node?.name === object.name;
      default:
        return false;
    }
  }

  #publishServices(): Set<string> {
    const touched = this.#services.settle(!this.#published.synced);
    this.#endpoints.settle(touched);
    for (const key of touched) if (!this.#publishService(key)) touched.delete(key);
    return touched;
  }

  /** Returns whether the Service's entry appeared, differs, or is gone. */
  #publishService(key: string): boolean {
    const { services } = this.#published;
    const before = services.get(key);
    const granted = this.#services.granted(key);
    if (granted === undefined) {
      this.#problems.between(key, []);
      if (before !== undefined) this.#namespaces.count(before.service.namespace, -1);
      return services.delete(key);
    }
    const { service, problems } = granted;
    const groups = this.#endpoints.of(key);
    this.#problems.between(key, [...problems, ...portless(service, groups)]);
    if (before === undefined) this.#namespaces.count(service.namespace, 1);
    const sameService = before !== undefined && same(before.service, service);
    if (sameService && sameList(before.groups, groups, sameGroup)) return false;
    services.set(key, { service: sameService ? before.service : service, groups });
    return true;
  }

  #wake(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    this.#onPending();
  }
}

function keyOf(object: { readonly namespace: string; readonly name: string }): string {
  return `${object.namespace}/${object.name}`;
}

function outlived(problem: Problem): Problem {
  return { ...problem, message: `${problem.message}; the last usable version stays in force` };
}
