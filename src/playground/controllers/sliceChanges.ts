/** From the slices a Service has to the ones it should have, with the fewest writes: pure. */
import type { Family } from '../../net/ip.ts';
import { equal, isObject, type JsonObject, listAt, textAt, textsAt } from '../apiserver/objects/json.ts';
import type { KubeObject } from '../apiserver/objects/object.ts';
import type { EndpointGroup } from './endpointsOf.ts';

/** What the real controller keeps to, so that one change of a Pod is not a write of megabytes. */
const MAX_ENDPOINTS_PER_SLICE = 100;

/** What a slice holds, apart from its metadata. */
export interface SliceContent extends JsonObject {
  readonly addressType: Family;
  readonly ports: readonly JsonObject[];
  readonly endpoints: readonly JsonObject[];
}

export interface SliceChanges {
  readonly create: readonly SliceContent[];
  /** Some of these may already be as they should. */
  readonly update: readonly { readonly slice: KubeObject; readonly content: SliceContent }[];
  readonly remove: readonly KubeObject[];
}

/** @param families the Service's: each has a slice, if an empty one */
export function sliceChanges(
  existing: readonly KubeObject[],
  groups: readonly EndpointGroup[],
  families: readonly Family[],
): SliceChanges {
  const foreign = existing.filter(
    (slice) => !families.some((family) => family === textAt(slice, 'addressType')),
  );
  const parts = families.map((addressType) => {
    const wanted = groups.filter((group) => group.addressType === addressType);
    const had = existing.filter((slice) => textAt(slice, 'addressType') === addressType);
    return ofFamily(had, wanted.length > 0 ? wanted : [{ addressType, ports: [], endpoints: [] }]);
  });
  return {
    create: parts.flatMap(({ create }) => create),
    update: parts.flatMap(({ update }) => update),
    remove: [...foreign, ...parts.flatMap(({ remove }) => remove)],
  };
}

function ofFamily(existing: readonly KubeObject[], groups: readonly EndpointGroup[]): SliceChanges {
  const parts = groups.map((group) =>
    ofGroup(
      existing.filter((slice) => equal(slice['ports'], group.ports)),
      group,
    ),
  );
  const create = parts.flatMap((part) => part.create);
  const update = parts.flatMap((part) => part.update);
  const unused = existing.filter((slice) => !update.some((one) => one.slice === slice));
  // A slice that would go becomes one that would come: a watcher then never sees the Service without any.
  const recycled = create.slice(0, unused.length).flatMap((content, i) => {
    const slice = unused[i];
    return slice === undefined ? [] : [{ slice, content }];
  });
  return {
    create: create.slice(recycled.length),
    update: [...update, ...recycled],
    remove: unused.slice(recycled.length),
  };
}

/** Endpoints stay in the slice that they are in; new ones go where there is room. */
function ofGroup(existing: readonly KubeObject[], group: EndpointGroup): SliceChanges {
  const { addressType, ports } = group;
  const left = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = existing.map((slice) => ({ slice, endpoints: takeKnown(slice, left) }));
  const fresh = [...left.values()];
  const content = (endpoints: readonly JsonObject[]): SliceContent => ({ addressType, ports, endpoints });
  const filled = kept
    .filter(({ endpoints }) => endpoints.length > 0)
    .map(({ slice, endpoints }) => {
      const added = fresh.splice(0, MAX_ENDPOINTS_PER_SLICE - endpoints.length);
      return { slice, content: content([...endpoints, ...added]) };
    });
  const create: SliceContent[] = [];
  while (fresh.length > 0) create.push(content(fresh.splice(0, MAX_ENDPOINTS_PER_SLICE)));
  // An empty group is the placeholder of a family without endpoints.
  if (group.endpoints.length > 0) return { create, update: filled, remove: [] };
  const [placeholder] = existing;
  if (placeholder === undefined) return { create: [content([])], update: [], remove: [] };
  return { create: [], update: [{ slice: placeholder, content: content([]) }], remove: [] };
}

function takeKnown(slice: KubeObject, left: Map<string, JsonObject>): JsonObject[] {
  return listAt(slice, 'endpoints')
    .filter(isObject)
    .flatMap((endpoint) => {
      const key = identity(endpoint);
      const now = left.get(key);
      left.delete(key);
      return now === undefined ? [] : [now];
    });
}

function identity(endpoint: JsonObject): string {
  return `${textsAt(endpoint, 'addresses').join()} ${textAt(endpoint, 'targetRef', 'uid')}`;
}
