/** A new version goes through the cluster, one agent at a time: it costs nothing. */
import type { Accident } from '../accident.ts';

export const rollingUpdate: Accident = {
  name: 'a rolling update',
  modes: ['iptables', 'userspace'],
  async befall(cluster) {
    for (const { kubelet } of cluster.nodes) {
      await kubelet.stop();
      await cluster.more();
      kubelet.start();
      await kubelet.ready();
      await cluster.more();
    }
  },
};
