import type { Step } from '../step.ts';

export const killAgent: Step = {
  title: 'The agent of a node dies',
  story: `kill -9 gives the agent of node-1 no time to say goodbye. Its rules stay in the kernel, so traffic goes on as
    if nothing had happened. Names were answered by the dead process itself; that is
    why it renews a lease in the kernel all the time. Three seconds after the last renewal the kernel sends queries
    to the agent of node-2 instead.`,
  async run(stage) {
    const killed = await stage.run('node-1', 'kill -9 $(cat /run/agent.pid)');
    stage.check(killed.code === 0, 'the agent to be killed', killed);
    const ip = await stage.run('client-2', 'getent ahostsv4 web | head -1 | cut -d" " -f1');
    const traffic = await stage.run('client-1', `curl -sS -m 5 http://${ip.text.trim()}/`);
    stage.check(traffic.text.startsWith('web-'), 'traffic to go on', traffic);
    await stage.eventually(
      'client-1',
      'dig +short +time=1 +tries=1 web.shop.svc.cluster.local',
      ({ text }) => text === ip.text,
      'the name to resolve by way of node-2',
    );
    const reply = await stage.run('client-1', 'curl -sS -m 5 http://web/');
    stage.check(reply.text.startsWith('web-'), 'everything to work by name again', reply);
    const tracked = await stage.run(
      'node-1',
      'conntrack -L -p udp --orig-dst 10.96.0.10 2>/dev/null | head -1',
    );
    stage.check(tracked.text.includes('src=192.168.100.12'), 'node-2 to have answered', tracked);
    stage.remark(
      'The kernel’s connection table of node-1: asked at 10.96.0.10, answered by 192.168.100.12, node-2.',
    );
  },
};
