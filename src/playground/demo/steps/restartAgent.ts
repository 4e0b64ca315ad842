import { HERE, type Step } from '../step.ts';

export const restartAgent: Step = {
  title: 'It comes back, and catches up',
  story: `While node-1 has no agent the Service changes: it gets a second port. The new agent takes over the rules
    that it finds in the kernel, brings them up to date, and answers names again.`,
  async run(stage) {
    const port = { name: 'alt', port: 8000, targetPort: 8080, protocol: 'TCP' };
    const http = { name: 'http', port: 80, targetPort: 8080, nodePort: 30080, protocol: 'TCP' };
    await stage.run(HERE, stage.api.patchService('web', { spec: { ports: [http, port] } }));
    const before = await stage.run('client-1', 'curl -sS -m 1 http://web:8000/');
    stage.check(before.code !== 0, 'no rules yet for the new port on node-1', before);
    stage.remark('Now the supervisor starts the agent again.');
    stage.startAgent('node-1');
    await stage.eventually(
      'node-1',
      'curl -fsS -m 2 http://192.168.100.11:10256/readyz',
      ({ code }) => code === 0,
      'the agent to say that it is ready',
    );
    const reply = await stage.run('client-1', 'curl -sS -m 5 http://web:8000/');
    stage.check(reply.text.startsWith('web-'), 'an answer on the new port', reply);
    const status = await stage.run('node-1', 'fairlead status');
    stage.check(status.code === 0 && status.text.includes('node-1'), 'the state of the agent', status);
  },
};
