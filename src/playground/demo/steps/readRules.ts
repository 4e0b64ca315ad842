import type { Step } from '../step.ts';

export const readRules: Step = {
  title: 'What is in the kernel',
  story: `This is all that node-1 holds for port http of the Service: from its address, by a chain that picks a pod, to
    a chain a pod that rewrites the destination.`,
  async run(stage) {
    const rules = await stage.run('node-1', "iptables-save -t nat | grep -E 'shop/web:http( |\"|$)'");
    stage.check(/-A KUBE-\S+ .*--dport 80 .*-j KUBE-/.test(rules.text), 'a rule for the clusterIP', rules);
    stage.check(/-A KUBE-SVC-\S+ .*-j KUBE-SEP-/.test(rules.text), 'a chain that picks an endpoint', rules);
    stage.check(/-A KUBE-SEP-\S+ .*-j DNAT/.test(rules.text), 'a chain for each endpoint', rules);
    stage.remark('KUBE-SERVICES, or a chain below it: from the clusterIP and port to KUBE-SVC-…');
    stage.remark(
      'KUBE-NODEPORTS: from port 30080 of the node to KUBE-EXT-…, which marks for masquerading first',
    );
    stage.remark(
      'KUBE-SVC-…: one of n at random: a pod takes its turn with probability 1/n, the next with 1/(n-1), …',
    );
    stage.remark('KUBE-SEP-…: the pod: DNAT to it, and masquerade what it sends to itself');
  },
};
