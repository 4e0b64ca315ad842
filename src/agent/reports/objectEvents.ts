/** Problems as Kubernetes Events, so that the owner of an object finds them beside it. */
import { createHash } from 'node:crypto';
import { messageOf } from '../../errors/caught.ts';
import type { Clock } from '../../host/clock.ts';
import { describeProblem, type Problem } from '../../kube/problem.ts';
import type { Kind } from '../../kube/records.ts';
import type { Transport } from '../../kube/transport/transport.ts';
import { ApiError } from '../../kube/transport/apiError.ts';
import type { Log } from '../../telemetry/log.ts';

interface EventKind {
  readonly apiVersion: string;
  readonly group: string;
  readonly resource: string;
}

const KINDS: Readonly<Record<Kind, EventKind>> = {
  Service: { apiVersion: 'v1', group: '', resource: 'services' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', group: 'discovery.k8s.io', resource: 'endpointslices' },
  Node: { apiVersion: 'v1', group: '', resource: 'nodes' },
  Namespace: { apiVersion: 'v1', group: '', resource: 'namespaces' },
  Pod: { apiVersion: 'v1', group: '', resource: 'pods' },
  ConfigMap: { apiVersion: 'v1', group: '', resource: 'configmaps' },
};

/** As client-go's spam filter: 25 at once, then one in 5 minutes; here one in 10 seconds, of all objects together. */
const BURST = 25;
const REFILL_MS = 10_000;
/** validation of events.k8s.io/v1: a note of at most 1 kB. */
const NOTE_LIMIT = 1024;

export interface ObjectEventsOptions {
  readonly transport: Pick<Transport, 'request'>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class ObjectEvents {
  readonly #options: ObjectEventsOptions;
  #tokens = BURST;
  #refilledAt: number;
  #warned = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: ObjectEventsOptions) {
    this.#options = options;
    this.#refilledAt = options.clock.monotonic();
  }

  /** Posts an Event about it, soon, or not at all where there are too many. Resolves when that is decided. */
  post(problem: Problem): Promise<void> {
    if (!isKnown(problem.object.kind) || !this.#take()) return Promise.resolve();
    const kind = KINDS[problem.object.kind];
    this.#last = this.#last.then(() => this.#send(problem, kind));
    return this.#last;
  }

  #take(): boolean {
    const now = this.#options.clock.monotonic();
    const refill = Math.floor((now - this.#refilledAt) / REFILL_MS);
    this.#tokens = Math.min(BURST, this.#tokens + refill);
    this.#refilledAt += refill * REFILL_MS;
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }

  async #send(problem: Problem, kind: EventKind): Promise<void> {
    const { transport, log } = this.#options;
    // Namespaced as the API demands: Events about cluster-wide objects live in `default`.
    const namespace = problem.object.namespace || 'default';
    try {
      await transport.request({
        method: 'POST',
        path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
        access: { group: 'events.k8s.io', resource: 'events', verbs: ['create'] },
        body: this.#event(problem, kind, namespace, await this.#uid(problem, kind)),
      });
    } catch (error) {
      // Another node's agent saw the same object first: the name says so, and one Event is enough.
      if (error instanceof ApiError && error.code === 'conflict') return;
      if (!this.#warned) {
        const message = messageOf(error);
        log.warn({ error: message }, 'cannot post Events; further failures are not told');
      }
      this.#warned = true;
    }
  }

  /** `kubectl describe` finds Events by uid, which the records do not keep. */
  async #uid({ object }: Problem, { apiVersion, group, resource }: EventKind): Promise<string | undefined> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const folder = object.namespace === '' ? base : `${base}/namespaces/${object.namespace}`;
    const found: unknown = await this.#options.transport
      .request({
        method: 'GET',
        path: `${folder}/${resource}/${object.name}`,
        access: { group, resource, verbs: ['get', 'list', 'watch'] },
      })
      .catch(() => undefined);
    const uid = field(field(found, 'metadata'), 'uid');
    return typeof uid === 'string' ? uid : undefined;
  }

  #event(problem: Problem, { apiVersion }: EventKind, namespace: string, uid: string | undefined): object {
    const { object } = problem;
    const text = describeProblem(problem);
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${object.name.slice(0, 230)}.${hash}`, namespace },
      // MicroTime: six digits, or the API refuses it.
      eventTime: new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z'),
      reportingController: 'fairlead.dev/agent',
      reportingInstance: this.#options.nodeName,
      action: 'Program',
      reason: problem.reason ?? 'Unusable',
      type: 'Warning',
      regarding: {
        apiVersion,
        kind: object.kind,
        name: object.name,
        ...(object.namespace === '' ? {} : { namespace: object.namespace }),
        ...(uid === undefined ? {} : { uid }),
      },
      note: text.slice(0, NOTE_LIMIT),
    };
  }
}

function isKnown(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
