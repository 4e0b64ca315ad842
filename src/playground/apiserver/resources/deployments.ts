import { type FieldError, invalid, required } from '../objects/fieldError.ts';
import {
  equal,
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
  withAt,
} from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { labelSelectorOf } from '../select/labels.ts';
import { pairs } from './cells.ts';
import { defaultPodSpec } from './pods.ts';
import { type Resource, resource } from './resource.ts';

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
      cell: (object) => `${statusCount(object, 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    },
    { name: 'Up-to-date', cell: (object) => String(statusCount(object, 'updatedReplicas')) },
    { name: 'Available', cell: (object) => String(statusCount(object, 'availableReplicas')) },
    { name: 'Containers', wide: true, cell: (object) => containers(object, 'name') },
    { name: 'Images', wide: true, cell: (object) => containers(object, 'image') },
    {
      name: 'Selector',
      wide: true,
      cell: (object) => pairs(objectAt(object, 'spec', 'selector', 'matchLabels')),
    },
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
  };
  const template = withAt(
    objectAt(given, 'template'),
    ['spec'],
    defaultPodSpec(objectAt(given, 'template', 'spec')),
  );
  return { ...deployment, spec: { ...spec, template }, status: deployment['status'] ?? {} };
}

function defaultStrategy(given: JsonObject): JsonObject {
  if (textAt(given, 'type') === 'Recreate') return given;
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...objectAt(given, 'rollingUpdate') };
  return { type: 'RollingUpdate', rollingUpdate };
}

function validate(deployment: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const selector = objectAt(deployment, 'spec', 'selector');
  const labels = objectAt(deployment, 'spec', 'template', 'metadata', 'labels');
  const replicas = numberAt(deployment, 'spec', 'replicas');
  const errors: FieldError[] = [];
  if (replicas < 0) errors.push(invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  else if (!labelSelectorOf(selector)(labels)) {
    errors.push(
      invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  }
  if (old !== undefined && !equal(selector, objectAt(old, 'spec', 'selector'))) {
    errors.push(invalid('spec.selector', selector, 'field is immutable'));
  }
  if (listAt(deployment, 'spec', 'template', 'spec', 'containers').length === 0) {
    errors.push(required('spec.template.spec.containers'));
  }
  return errors;
}

function statusCount(deployment: JsonObject, field: string): number {
  return numberAt(deployment, 'status', field);
}

function containers(deployment: JsonObject, field: string): string {
  const all = listAt(deployment, 'spec', 'template', 'spec', 'containers').filter(isObject);
  return all.map((one) => textAt(one, field)).join(',');
}
