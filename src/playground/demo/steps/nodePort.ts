import type { Step } from '../step.ts';

export const nodePort: Step = {
  title: 'A NodePort, from outside',
  story: `A computer that is no part of the cluster reaches the same pods through port 30080 of either node. The node
    puts an address of its own in place of the client's, so that the answer comes back through it.`,
  async run(stage) {
    for (const node of ['192.168.100.11', '192.168.100.12']) {
      const reply = await stage.run('outside', `curl -sS -m 5 http://${node}:30080/`);
      stage.check(/^web-\d on node-\d, asked by/.test(reply.text), 'an answer of a web pod', reply);
    }
  },
};
