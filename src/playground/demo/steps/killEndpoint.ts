import type { Step } from '../step.ts';

const REQUESTS = 'for i in $(seq 30); do curl -sS -m 5 http://web/ | cut -d, -f1; done 2>&1 | sort | uniq -c';

export const killEndpoint: Step = {
  title: 'A pod dies',
  story: `The program in web-1 is killed. Its kubelet notices, the EndpointSlice says so, and both agents take the pod
    out of their rules. The others carry on. A few seconds later the kubelet starts it again.`,
  async run(stage) {
    await stage.eventually(
      'client-1',
      REQUESTS,
      ({ text }) => text.includes('web-1'),
      'web-1 among those that answer',
      15_000,
    );
    const killed = await stage.run('web-1', 'kill -9 $(cat /run/server.pid)');
    stage.check(killed.code === 0, 'the program to be killed', killed);
    await stage.eventually(
      'client-1',
      REQUESTS,
      ({ text }) => !/web-1|curl/.test(text) && /^ *\d+ web-/m.test(text),
      'answers of the other pods and no failure',
      5_000,
    );
    await stage.eventually(
      'client-1',
      REQUESTS,
      ({ text }) => text.includes('web-1'),
      'web-1 to be back',
      20_000,
    );
  },
};
