/** What Deployments and DaemonSets share: a template of Pods, and a selector that finds them. */
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
import type { Column } from './resource.ts';

/** `spec.template` with the defaults of Pods. */
export function defaultTemplate(workload: KubeObject): JsonObject {
  const template = objectAt(workload, 'spec', 'template');
  return withAt(template, ['spec'], defaultPodSpec(objectAt(template, 'spec')));
}

export function validateTemplate(workload: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const selector = objectAt(workload, 'spec', 'selector');
  const labels = objectAt(workload, 'spec', 'template', 'metadata', 'labels');
  const errors: FieldError[] = [];
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  else if (!labelSelectorOf(selector)(labels)) {
    errors.push(
      invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  }
  if (old !== undefined && !equal(selector, objectAt(old, 'spec', 'selector'))) {
    errors.push(invalid('spec.selector', selector, 'field is immutable'));
  }
  if (listAt(workload, 'spec', 'template', 'spec', 'containers').length === 0) {
    errors.push(required('spec.template.spec.containers'));
  }
  return errors;
}

/** Shown with `-o wide`, after what a kind counts. */
export const TEMPLATE_COLUMNS: readonly Column[] = [
  { name: 'Containers', wide: true, cell: (object) => containers(object, 'name') },
  { name: 'Images', wide: true, cell: (object) => containers(object, 'image') },
  {
    name: 'Selector',
    wide: true,
    cell: (object) => pairs(objectAt(object, 'spec', 'selector', 'matchLabels')),
  },
];

/** A count of `status`, as a cell. */
export function counted(field: string): Column['cell'] {
  return (object) => String(numberAt(object, 'status', field));
}

function containers(workload: JsonObject, field: string): string {
  const all = listAt(workload, 'spec', 'template', 'spec', 'containers').filter(isObject);
  return all.map((one) => textAt(one, field)).join(',');
}
