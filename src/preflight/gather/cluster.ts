/** Asks the API server what there is, with a handful of reads. */
import type { Settings } from '../../config/settings.ts';
import { isMapping } from '../../config/mapping.ts';
import { canonicalIP } from '../../net/ip.ts';
import { describeProblem } from '../../kube/problem.ts';
import { projectObject } from '../../kube/project/project.ts';
import type { ConfigMapRecord } from '../../kube/records.ts';
import type { Access } from '../../kube/transport/access.ts';
import { ApiError } from '../../kube/transport/apiError.ts';
import { describeApiError } from '../../kube/transport/describe.ts';
import { type ClusterFacts, CONFIG_MAPS } from '../clusterFacts.ts';
import { ABSENT, found, type Looked, unknown, valueOf } from '../looked.ts';
import { askAccess } from './access.ts';
import type { ClusterHost } from './host.ts';
import { nodeObject, workload } from './objects.ts';

/** Unknown when nobody answers: then nothing else can be asked either. */
export async function gatherCluster(settings: Settings, host: ClusterHost): Promise<Looked<ClusterFacts>> {
  const asked = new Questions(host);
  const version = await asked.get('/version', { group: '', resource: 'version', verbs: ['get'] });
  if (version.kind !== 'found') return version.kind === 'absent' ? unknown('no API server') : version;
  const apps = (resource: string): Access => ({ group: 'apps', resource, verbs: ['list'] });
  const [namespace = '', name = ''] = settings.dnsService.split('/');
  const service = { group: '', resource: 'services', verbs: ['get'] };
  const felix = { group: 'crd.projectcalico.org', resource: 'felixconfigurations', verbs: ['get'] };
  return found({
    server: host.server,
    version: textOf(valueOf(version), 'gitVersion'),
    nodes: await asked.list('/api/v1/nodes', { group: '', resource: 'nodes', verbs: ['list'] }, nodeObject),
    daemonSets: await asked.list('/apis/apps/v1/daemonsets', apps('daemonsets'), workload),
    deployments: await asked.list('/apis/apps/v1/deployments', apps('deployments'), workload),
    configMaps: {
      kubeProxy: await asked.configMap(CONFIG_MAPS.kubeProxy),
      coredns: await asked.configMap(CONFIG_MAPS.coredns),
      corednsCustom: await asked.configMap(CONFIG_MAPS.corednsCustom),
      kubeDns: await asked.configMap(CONFIG_MAPS.kubeDns),
      nodeLocal: await asked.configMap(CONFIG_MAPS.nodeLocal),
      cilium: await asked.configMap(CONFIG_MAPS.cilium),
      antrea: await asked.configMap(CONFIG_MAPS.antrea),
    },
    dnsService: mapLooked(
      await asked.get(`/api/v1/namespaces/${namespace}/services/${name}`, service),
      clusterIPs,
    ),
    apiService: mapLooked(
      await asked.get('/api/v1/namespaces/default/services/kubernetes', service),
      clusterIPs,
    ),
    calicoBpf: mapLooked(
      await asked.get('/apis/crd.projectcalico.org/v1/felixconfigurations/default', felix),
      (object) => isMapping(object) && isMapping(object['spec']) && object['spec']['bpfEnabled'] === true,
    ),
    access: await askAccess(settings, host),
  });
}

class Questions {
  readonly #host: ClusterHost;

  constructor(host: ClusterHost) {
    this.#host = host;
  }

  async get(path: string, access: Access): Promise<Looked<unknown>> {
    try {
      return found(await this.#host.transport.request({ method: 'GET', path, access }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'notFound') return ABSENT;
      return unknown(describeApiError(error, this.#host.server, access));
    }
  }

  async list<T>(
    path: string,
    access: Access,
    read: (object: Readonly<Record<string, unknown>>) => T,
  ): Promise<Looked<readonly T[]>> {
    return mapLooked(await this.get(path, access), (list) => {
      const items: unknown = isMapping(list) ? list['items'] : undefined;
      return (Array.isArray(items) ? items : []).filter(isMapping).map(read);
    });
  }

  async configMap(name: string): Promise<Looked<ConfigMapRecord>> {
    const path = `/api/v1/namespaces/kube-system/configmaps/${name}`;
    const looked = await this.get(path, { group: '', resource: 'configmaps', verbs: ['get'] });
    if (looked.kind !== 'found') return looked;
    const read = projectObject('ConfigMap', looked.value);
    if ('problem' in read) return unknown(describeProblem(read.problem));
    return read.record.kind === 'ConfigMap' ? found(read.record) : ABSENT;
  }
}

function mapLooked<A, B>(looked: Looked<A>, change: (value: A) => B): Looked<B> {
  return looked.kind === 'found' ? found(change(looked.value)) : looked;
}

function clusterIPs(service: unknown): readonly string[] {
  const spec = isMapping(service) && isMapping(service['spec']) ? service['spec'] : {};
  const { clusterIPs: all, clusterIP: one } = spec;
  const given: unknown[] = Array.isArray(all) ? all : [one];
  return given.flatMap((item) => (typeof item === 'string' ? (canonicalIP(item) ?? []) : []));
}

function textOf(object: unknown, key: string): string {
  const value = isMapping(object) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}
