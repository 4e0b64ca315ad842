/** The EndpointSlice controller: Services with a selector, and Pods, become the slices that nodes watch. */
import { messageOf } from '../../errors/caught.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ApiServer } from '../apiserver/apiServer.ts';
import { equal, type JsonObject, textAt } from '../apiserver/objects/json.ts';
import {
  labelsOf,
  type KubeObject,
  keyOf,
  nameOf,
  namespaceOf,
  withMeta,
} from '../apiserver/objects/object.ts';
import type { WatchEvent } from '../apiserver/registry/watch.ts';
import { endpointGroups, familiesOf, isManaged, selects } from './endpointsOf.ts';
import { type SliceContent, sliceChanges } from './sliceChanges.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const CONTROLLER = 'endpointslice-controller.k8s.io';

type Api = Pick<ApiServer, 'create' | 'update' | 'delete' | 'watch'>;

export interface EndpointSliceControllerSettings {
  readonly clock: Clock;
  /** Changes that come within this time make one write. */
  readonly batchMs: number;
  readonly log: Pick<Log, 'warn'>;
}

export class EndpointSliceController {
  readonly #api: Api;
  readonly #settings: EndpointSliceControllerSettings;
  readonly #services = new Map<string, KubeObject>();
  readonly #pods = new Map<string, KubeObject>();
  readonly #nodes = new Map<string, KubeObject>();
  readonly #slices = new Map<string, KubeObject>();
  /** Services to look at, by key, and since when. */
  readonly #dirty = new Map<string, number>();
  #stops: (() => void)[] = [];

  constructor(api: Api, settings: EndpointSliceControllerSettings) {
    this.#api = api;
    this.#settings = settings;
  }

  start(): void {
    this.#follow('nodes', this.#nodes, () => this.#touchAll());
    this.#follow('endpointslices', this.#slices, (slice) => this.#touch(ownerKey(slice)));
    this.#follow('pods', this.#pods, (pod, before) => this.#touchSelecting(pod, before));
    this.#follow('services', this.#services, (service) => this.#touch(keyOfObject(service)));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#dirty.clear();
  }

  #follow(
    plural: string,
    known: Map<string, KubeObject>,
    changed: (object: KubeObject, before: KubeObject | undefined) => void,
  ): void {
    const event = (told: WatchEvent): void => {
      if (told.type === 'BOOKMARK' || told.type === 'ERROR') return;
      const key = keyOfObject(told.object);
      const before = known.get(key);
      if (told.type === 'DELETED') known.delete(key);
      else known.set(key, told.object);
      changed(told.object, before);
    };
    this.#stops.push(this.#api.watch(plural, { event, end: () => undefined }));
  }

  #touchAll(): void {
    for (const key of this.#services.keys()) this.#touch(key);
  }

  #touchSelecting(pod: KubeObject, before: KubeObject | undefined): void {
    for (const [key, service] of this.#services) {
      if (isManaged(service) && (selects(service, pod) || (before !== undefined && selects(service, before))))
        this.#touch(key);
    }
  }

  #touch(key: string): void {
    if (this.#dirty.size === 0) this.#settings.clock.after(this.#settings.batchMs, () => this.#work());
    if (!this.#dirty.has(key)) this.#dirty.set(key, this.#settings.clock.now());
  }

  #work(): void {
    const due = [...this.#dirty];
    this.#dirty.clear();
    for (const [key, since] of due) {
      const service = this.#services.get(key);
      if (service === undefined || !isManaged(service)) continue;
      try {
        this.#reconcile(service, since);
      } catch (error) {
        // A Pod's address may be one that no slice can hold; the other Services must not wait for it.
        this.#settings.log.warn({ service: key }, `cannot write its EndpointSlices: ${messageOf(error)}`);
      }
    }
  }

  #reconcile(service: KubeObject, since: number): void {
    const existing = [...this.#slices.values()].filter((slice) => ownerKey(slice) === keyOfObject(service));
    const zoneOf = (node: string): string =>
      textAt(labelsOf(this.#nodes.get(node) ?? {}), 'topology.kubernetes.io/zone');
    const groups = endpointGroups(service, [...this.#pods.values()], zoneOf);
    const { create, update, remove } = sliceChanges(existing, groups, familiesOf(service));
    for (const { slice, content } of update) {
      const next = this.#next(slice, content, service, since);
      if (!sameButTime(slice, next)) this.#api.update('endpointslices', next);
    }
    for (const content of create) this.#api.create('endpointslices', this.#fresh(content, service, since));
    for (const slice of remove) this.#api.delete('endpointslices', namespaceOf(slice), nameOf(slice));
  }

  #fresh(content: SliceContent, service: KubeObject, since: number): JsonObject {
    const owner = { apiVersion: 'v1', kind: 'Service', name: nameOf(service), uid: service.metadata.uid };
    const metadata = {
      generateName: `${nameOf(service)}-`,
      namespace: namespaceOf(service),
      labels: sliceLabels(service),
      annotations: { [TRIGGER_TIME]: new Date(since).toISOString() },
      // With its Service a slice goes too.
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    };
    return { ...content, metadata };
  }

  #next(slice: KubeObject, content: SliceContent, service: KubeObject, since: number): KubeObject {
    const annotations = { [TRIGGER_TIME]: new Date(since).toISOString() };
    return { ...withMeta(slice, { labels: sliceLabels(service), annotations }), ...content };
  }
}

function sliceLabels(service: KubeObject): JsonObject {
  const headless = textAt(service, 'spec', 'clusterIP') === 'None' ? { [HEADLESS]: '' } : {};
  const { [HEADLESS]: _reserved, ...own } = labelsOf(service);
  return { ...own, ...headless, [SERVICE_NAME]: nameOf(service), [MANAGED_BY]: CONTROLLER };
}

/** The Service of a slice that is ours; `''` for what others made. */
function ownerKey(slice: KubeObject): string {
  const labels = labelsOf(slice);
  if (labels[MANAGED_BY] !== CONTROLLER) return '';
  return keyOf(namespaceOf(slice), textAt(labels, SERVICE_NAME));
}

function sameButTime(slice: KubeObject, next: KubeObject): boolean {
  const { annotations } = slice.metadata;
  return equal(slice, withMeta(next, { annotations }));
}

function keyOfObject(object: KubeObject): string {
  return keyOf(namespaceOf(object), nameOf(object));
}
