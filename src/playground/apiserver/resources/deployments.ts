import { type FieldError, invalid } from '../objects/fieldError.ts';
import { type JsonObject, numberAt, objectAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { type Resource, resource } from './resource.ts';
import { counted, defaultTemplate, TEMPLATE_COLUMNS, validateTemplate } from './workload.ts';

export const deployments: Resource = resource({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  hasStatus: true,
  hasScale: true,
  hasGeneration: true,
  inAll: true,
  defaults,
  validate,
  columns: [
    {
      name: 'Ready',
      cell: (object) =>
        `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    },
    { name: 'Up-to-date', cell: counted('updatedReplicas') },
    { name: 'Available', cell: counted('availableReplicas') },
    ...TEMPLATE_COLUMNS,
  ],
});

function defaults(deployment: KubeObject): KubeObject {
  const given = objectAt(deployment, 'spec');
  const spec = {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...given,
    strategy: defaultStrategy(objectAt(given, 'strategy')),
    template: defaultTemplate(deployment),
  };
  return { ...deployment, spec, status: deployment['status'] ?? {} };
}

function defaultStrategy(given: JsonObject): JsonObject {
  if (textAt(given, 'type') === 'Recreate') return given;
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...objectAt(given, 'rollingUpdate') };
  return { type: 'RollingUpdate', rollingUpdate };
}

function validate(deployment: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const replicas = numberAt(deployment, 'spec', 'replicas');
  const negative =
    replicas < 0 ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
  return [...negative, ...validateTemplate(deployment, old)];
}
