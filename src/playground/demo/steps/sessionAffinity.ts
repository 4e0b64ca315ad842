import { HERE, type Step } from '../step.ts';

const TEN = 'for i in $(seq 10); do curl -sS -m 5 http://web/ | cut -d, -f1; done | sort | uniq -c';

export const sessionAffinity: Step = {
  title: 'One client, one pod',
  story: `With sessionAffinity ClientIP the kernel remembers which pod a client was sent to, and sends it there again
    for three hours.`,
  async run(stage) {
    await stage.run(HERE, stage.api.patchService('web', { spec: { sessionAffinity: 'ClientIP' } }));
    // Ten requests to one pod of four by chance: once in 260,000 times.
    const one = await stage.eventually(
      'client-1',
      TEN,
      ({ text }) => /^ *10 web-\d on node-\d\n$/.test(text),
      'all ten answers from one pod',
    );
    const again = await stage.run('client-1', 'curl -sS -m 5 http://web/');
    const pod = /web-\d/.exec(one.text)?.[0] ?? '';
    stage.check(again.text.startsWith(pod), `${pod} again`, again);
    await stage.run(HERE, stage.api.patchService('web', { spec: { sessionAffinity: 'None' } }));
    await stage.eventually(
      'client-1',
      TEN,
      ({ text }) => text.trim().split('\n').length > 1,
      'answers of several pods again',
    );
  },
};
