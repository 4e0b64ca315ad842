import { isObject, type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../objects/json.ts';
import { defaultService, inheritService } from '../services/defaults.ts';
import { portsOf, specOf } from '../services/spec.ts';
import { validateService } from '../services/validate.ts';
import { orNone, pairs } from './cells.ts';
import { type Resource, resource } from './resource.ts';

export const services: Resource = resource({
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  hasStatus: true,
  inAll: true,
  defaults: defaultService,
  prepare: inheritService,
  validate: validateService,
  fields: (service) => ({
    'spec.clusterIP': textAt(service, 'spec', 'clusterIP'),
    'spec.type': textAt(service, 'spec', 'type'),
  }),
  columns: [
    { name: 'Type', cell: (service) => textAt(service, 'spec', 'type') },
    { name: 'Cluster-IP', cell: (service) => orNone(textAt(service, 'spec', 'clusterIP')) },
    { name: 'External-IP', cell: (service) => externalOf(service) },
    { name: 'Port(s)', cell: (service) => orNone(portsOf(specOf(service)).map(portText).join(',')) },
    { name: 'Selector', wide: true, cell: (service) => pairs(objectAt(service, 'spec', 'selector')) },
  ],
});

function externalOf(service: JsonObject): string {
  const spec = specOf(service);
  const type = textAt(spec, 'type');
  if (type === 'ExternalName') return textAt(spec, 'externalName');
  const ingress = listAt(service, 'status', 'loadBalancer', 'ingress').filter(isObject);
  const given =
    type === 'LoadBalancer' ? ingress.map((one) => textAt(one, 'ip') || textAt(one, 'hostname')) : [];
  const all = [...given, ...textsAt(spec, 'externalIPs')];
  return all.length === 0 && type === 'LoadBalancer' ? '<pending>' : orNone(all.join(','));
}

function portText(port: JsonObject): string {
  const nodePort = numberAt(port, 'nodePort');
  return `${numberAt(port, 'port')}${nodePort === 0 ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
}
