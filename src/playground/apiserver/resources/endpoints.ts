import { isObject, type JsonObject, listAt, numberAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { someOf } from './cells.ts';
import { type Resource, resource } from './resource.ts';

export const endpoints: Resource = resource({
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  defaults,
  columns: [{ name: 'Endpoints', cell: (object) => someOf(subsetsOf(object).flatMap(socketsOf)) }],
});

function subsetsOf(object: JsonObject): readonly JsonObject[] {
  return listAt(object, 'subsets').filter(isObject);
}

function defaults(object: KubeObject): KubeObject {
  if (object['subsets'] === undefined) return object;
  const subsets = subsetsOf(object).map((subset) => {
    const ports = listAt(subset, 'ports').filter(isObject);
    return ports.length === 0
      ? subset
      : { ...subset, ports: ports.map((port) => ({ protocol: 'TCP', ...port })) };
  });
  return { ...object, subsets };
}

function socketsOf(subset: JsonObject): readonly string[] {
  const ports = listAt(subset, 'ports').filter(isObject);
  return listAt(subset, 'addresses')
    .filter(isObject)
    .flatMap((address) => {
      const ip = textAt(address, 'ip');
      const host = ip.includes(':') ? `[${ip}]` : ip;
      return ports.length === 0 ? [ip] : ports.map((port) => `${host}:${numberAt(port, 'port')}`);
    });
}
