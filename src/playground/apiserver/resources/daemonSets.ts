/** Kept here; src/playground/controllers/daemonSets.ts makes their Pods. */
import { type JsonObject, objectAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { pairs } from './cells.ts';
import { type Resource, resource } from './resource.ts';
import { counted, defaultTemplate, TEMPLATE_COLUMNS, validateTemplate } from './workload.ts';

export const daemonSets: Resource = resource({
  group: 'apps',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  hasStatus: true,
  hasGeneration: true,
  inAll: true,
  defaults,
  validate: validateTemplate,
  columns: [
    { name: 'Desired', cell: counted('desiredNumberScheduled') },
    { name: 'Current', cell: counted('currentNumberScheduled') },
    { name: 'Ready', cell: counted('numberReady') },
    { name: 'Up-to-date', cell: counted('updatedNumberScheduled') },
    { name: 'Available', cell: counted('numberAvailable') },
    {
      name: 'Node Selector',
      cell: (object) => pairs(objectAt(object, 'spec', 'template', 'spec', 'nodeSelector')),
    },
    ...TEMPLATE_COLUMNS,
  ],
});

function defaults(daemonSet: KubeObject): KubeObject {
  const given = objectAt(daemonSet, 'spec');
  const spec = {
    revisionHistoryLimit: 10,
    ...given,
    updateStrategy: defaultStrategy(objectAt(given, 'updateStrategy')),
    template: defaultTemplate(daemonSet),
  };
  return { ...daemonSet, spec, status: daemonSet['status'] ?? {} };
}

function defaultStrategy(given: JsonObject): JsonObject {
  if (textAt(given, 'type') === 'OnDelete') return given;
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...objectAt(given, 'rollingUpdate') };
  return { type: 'RollingUpdate', rollingUpdate };
}
