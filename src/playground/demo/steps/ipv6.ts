import type { Step } from '../step.ts';

export const ipv6: Step = {
  title: 'The same in IPv6',
  story: 'The Service asked for both families, so it has an address, a record and rules in each.',
  async run(stage) {
    const dug = await stage.run('client-1', 'dig +short AAAA web.shop.svc.cluster.local');
    stage.check(dug.text.startsWith('fd00:10:96:'), 'the IPv6 clusterIP', dug);
    const reply = await stage.run('client-1', 'curl -6 -sS -m 5 http://web/');
    stage.check(/asked by \[fd00:10:244:1::2\]/.test(reply.text), 'an answer over IPv6', reply);
  },
};
