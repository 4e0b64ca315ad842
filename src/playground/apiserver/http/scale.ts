/** The /scale subresource: a Deployment seen as nothing but its number of replicas. */
import { type Json, numberAt, objectAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { badRequest } from '../objects/status.ts';
import { patched, type PatchType } from '../patch/patcher.ts';
import type { WriteOptions } from '../registry/options.ts';
import type { Registry } from '../registry/registry.ts';
import { pairs } from '../resources/cells.ts';
import type { Route } from '../route.ts';

export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace = '', uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec', 'replicas') },
    status: {
      replicas: numberAt(object, 'status', 'replicas'),
      selector: pairs(objectAt(object, 'spec', 'selector', 'matchLabels')),
    },
  };
}

/** Writes the number that a Scale says; the Scale's resourceVersion must be the current one if it has one. */
export function updateScale(
  registry: Registry,
  route: Route,
  scale: Json,
  options: WriteOptions,
): KubeObject {
  return changeScale(registry, route, () => scale, options);
}

export function patchScale(
  registry: Registry,
  route: Route,
  type: Exclude<PatchType, 'apply'>,
  patch: Json,
  options: WriteOptions,
): KubeObject {
  return changeScale(registry, route, (now) => patched(now, type, patch), options);
}

function changeScale(
  registry: Registry,
  { resource, namespace, name }: Route,
  change: (scale: KubeObject) => Json,
  options: WriteOptions,
): KubeObject {
  const write = (object: KubeObject): Json => {
    const scale = change(scaleOf(object));
    const replicas = numberAt(scale, 'spec', 'replicas');
    if (!Number.isInteger(replicas) || replicas < 0)
      throw badRequest('spec.replicas must be a whole number, 0 or more');
    const resourceVersion = textAt(scale, 'metadata', 'resourceVersion') || object.metadata.resourceVersion;
    return {
      ...object,
      metadata: { ...object.metadata, resourceVersion },
      spec: { ...objectAt(object, 'spec'), replicas },
    };
  };
  return scaleOf(registry.patch(resource, namespace, name, write, options));
}
