import type { Settings } from '../../config/settings.ts';
import type { DetectLocal, ProxySettings } from '../../proxy/settings.ts';

/** The settings of routing among all settings. */
export function proxySettings(settings: Settings): ProxySettings {
  const { nodeName, masqueradeAll, masqueradeBit, nodePortAddresses, localhostNodePorts } = settings;
  return {
    nodeName,
    detectLocal: detectLocal(settings),
    clusterCidrs: settings.clusterCIDR,
    masqueradeAll,
    masqueradeBit,
    nodePortAddresses,
    localhostNodePorts,
    // Without DNS of our own the DNS Service is one like the others.
    dnsService: settings.dns ? settings.dnsService : '',
    iptablesBackend: settings.iptablesBackend,
    families: 'auto',
  };
}

function detectLocal({
  detectLocalMode: mode,
  podBridgeInterface,
  podInterfaceNamePrefix,
}: Settings): DetectLocal {
  switch (mode) {
    case 'ClusterCIDR':
    case 'NodeCIDR':
      return { mode };
    case 'BridgeInterface':
      return { mode, bridge: podBridgeInterface };
    case 'InterfaceNamePrefix':
      return { mode, prefix: podInterfaceNamePrefix };
    default:
      return mode satisfies never;
  }
}
