/** What every object says about itself. */
import type { Fields } from './fields.ts';
import { ShapeError } from './fields.ts';
import { share } from './share.ts';

export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Fields;
  readonly annotations: Fields;
}

const CHANGE_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Name and namespace of a namespaced object. ObjectMeta: an empty namespace is the namespace `default`. */
export function namespacedMetadata(object: Fields): Metadata {
  const metadata = object.object('metadata');
  return { ...named(metadata), namespace: share(metadata.text('namespace') || 'default') };
}

export function clusterMetadata(object: Fields): Metadata {
  return { ...named(object.object('metadata')), namespace: '' };
}

/** Milliseconds since the epoch when the pods changed that led to these endpoints; 0 when unknown. */
export function triggeredAt(metadata: Metadata): number {
  return Date.parse(metadata.annotations.text(CHANGE_TIME)) || 0;
}

function named(metadata: Fields): Omit<Metadata, 'namespace'> {
  const name = metadata.text('name');
  if (name === '') throw new ShapeError(metadata.path('name'), 'is missing');
  return {
    name: share(name),
    labels: metadata.object('labels'),
    annotations: metadata.object('annotations'),
  };
}
