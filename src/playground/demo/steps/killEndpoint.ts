import type { Step } from '../step.ts';

// Few enough that they are done before the program is back, on a busy machine too.
const REQUESTS = 'for i in $(seq 15); do curl -sS -m 5 http://web/ | cut -d, -f1; done 2>&1 | sort | uniq -c';

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
    );
    const killed = await stage.run('web-1', 'kill -9 $(cat /run/server.pid)');
    stage.check(killed.code === 0, 'the program to be killed', killed);
    await stage.eventually(
      'client-1',
      REQUESTS,
      ({ text }) => !/web-1|curl/.test(text) && /^ *\d+ web-/m.test(text),
      'answers of the other pods and no failure',
    );
    await stage.eventually('client-1', REQUESTS, ({ text }) => text.includes('web-1'), 'web-1 to be back');
  },
};
