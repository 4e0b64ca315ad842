/** Finding one's way in rendered objects. */
import { parseOptions } from '../../../src/commands/line/options.ts';
import { flagOptions, spellSwitches } from '../../../src/config/flags.ts';
import { loadSettings } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/settings.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../src/playground/apiserver/objects/json.ts';

/** The one object of a kind. */
export function only(objects: readonly JsonObject[], kind: string): JsonObject {
  const [found, other] = objects.filter((object) => object['kind'] === kind);
  if (found === undefined || other !== undefined) throw new Error(`not one ${kind}`);
  return found;
}

/** The objects of the list at a path. */
export function objectsAt(value: Json | undefined, ...path: readonly string[]): readonly JsonObject[] {
  return listAt(value, ...path).filter(isObject);
}

export function podSpec(objects: readonly JsonObject[]): JsonObject {
  return objectAt(only(objects, 'DaemonSet'), 'spec', 'template', 'spec');
}

/** The agent's. */
export function container(objects: readonly JsonObject[]): JsonObject {
  const [found, other] = objectsAt(podSpec(objects), 'containers');
  if (found === undefined || other !== undefined) throw new Error('not one container');
  return found;
}

/** Settings as the agent reads them: the container's arguments, and the ConfigMap's file where it is mounted. */
export async function settingsOf(objects: readonly JsonObject[]): Promise<Settings> {
  const [command = 'nothing', ...args] = textsAt(container(objects), 'args');
  if (command !== 'run') throw new Error(`the container runs ${command}`);
  const options = { ...flagOptions(), config: { type: 'string' } } as const;
  const { settings } = await loadSettings(parseOptions(spellSwitches(args), options).values, {
    env: { NODE_NAME: 'worker-1' },
    hostname: () => 'worker-1.example',
    readText: (path) => mountedFile(objects, path),
  });
  return settings;
}

/** Text of a file of a mounted ConfigMap. Rejects where nothing is mounted there. */
export async function mountedFile(objects: readonly JsonObject[], path: string): Promise<string> {
  const mount = objectsAt(container(objects), 'volumeMounts').find((one) =>
    path.startsWith(`${textAt(one, 'mountPath')}/`),
  );
  const volume = objectsAt(podSpec(objects), 'volumes').find((one) => one['name'] === mount?.['name']);
  const name = textAt(volume, 'configMap', 'name');
  const configMap = objects.find(
    (one) => one['kind'] === 'ConfigMap' && textAt(one, 'metadata', 'name') === name,
  );
  const text = objectAt(configMap, 'data')[path.slice(textAt(mount, 'mountPath').length + 1)];
  if (typeof text !== 'string') throw new Error(`${path}: no ConfigMap has it`);
  return text;
}
