/** A Pod of a node's own network, as far as the playground's kubelet acts on it. Other fields have no effect here. */
import * as v from 'valibot';

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface EnvVar {
  readonly name: string;
  readonly value: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } | undefined } | undefined;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports: readonly { readonly name?: string | undefined; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe | undefined;
  readonly livenessProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] } | undefined;
  };
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string } | undefined;
  readonly hostPath?: { readonly path: string; readonly type: string } | undefined;
}

export interface NodePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string | undefined;
  };
  readonly spec: {
    readonly nodeName: string;
    readonly serviceAccountName: string;
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly [Container];
    readonly volumes: readonly Volume[];
  };
}

const NamesSchema = v.optional(v.array(v.string()), []);

const ProbeSchema: v.GenericSchema<unknown, Probe> = v.object({
  httpGet: v.object({ path: v.optional(v.string(), '/'), port: v.union([v.string(), v.number()]) }),
  periodSeconds: v.optional(v.number(), 10),
  timeoutSeconds: v.optional(v.number(), 1),
  failureThreshold: v.optional(v.number(), 3),
});

const ContainerSchema: v.GenericSchema<unknown, Container> = v.object({
  name: v.string(),
  image: v.string(),
  args: NamesSchema,
  env: v.optional(
    v.array(
      v.object({
        name: v.string(),
        value: v.optional(v.string(), ''),
        valueFrom: v.optional(v.object({ fieldRef: v.optional(v.object({ fieldPath: v.string() })) })),
      }),
    ),
    [],
  ),
  envFrom: v.optional(v.array(v.object({ configMapRef: v.object({ name: v.string() }) })), []),
  ports: v.optional(v.array(v.object({ name: v.optional(v.string()), containerPort: v.number() })), []),
  volumeMounts: v.optional(v.array(v.object({ name: v.string(), mountPath: v.string() })), []),
  startupProbe: v.optional(ProbeSchema),
  livenessProbe: v.optional(ProbeSchema),
  readinessProbe: v.optional(ProbeSchema),
  securityContext: v.optional(
    v.object({
      allowPrivilegeEscalation: v.optional(v.boolean(), true),
      capabilities: v.optional(v.object({ add: NamesSchema, drop: NamesSchema })),
    }),
    {},
  ),
});

const VolumeSchema: v.GenericSchema<unknown, Volume> = v.object({
  name: v.string(),
  configMap: v.optional(v.object({ name: v.string() })),
  hostPath: v.optional(v.object({ path: v.string(), type: v.optional(v.string(), '') })),
});

const NodePodSchema: v.GenericSchema<unknown, NodePod> = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    uid: v.string(),
    deletionTimestamp: v.optional(v.string()),
  }),
  spec: v.object({
    nodeName: v.string(),
    hostNetwork: v.literal(true),
    serviceAccountName: v.optional(v.string(), 'default'),
    terminationGracePeriodSeconds: v.optional(v.number(), 30),
    containers: v.tuple([ContainerSchema]),
    volumes: v.optional(v.array(VolumeSchema), []),
  }),
});

/** `undefined` for a Pod that is none: not bound yet, of a network of its own, or with more than one container. */
export function readNodePod(object: unknown): NodePod | undefined {
  const parsed = v.safeParse(NodePodSchema, object);
  return parsed.success ? parsed.output : undefined;
}

/** Where a probe asks, in the Pod's network. Throws at a port that has no number. */
export function probeTarget(container: Container, { httpGet }: Probe): { port: number; path: string } {
  const { path, port } = httpGet;
  if (typeof port === 'number') return { port, path };
  const named = container.ports.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`no port of container ${container.name} is named ${port}`);
  return { port: named.containerPort, path };
}
