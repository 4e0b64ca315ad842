import type { Step } from '../step.ts';
import { endDownload, startDownload } from './download.ts';
import { DOWNLOAD } from './switchMode.ts';

const ACCEPT = 'for i in iptables ip6tables; do $i -F INPUT; done';

export const switchBack: Step = {
  title: 'And back',
  story: `Another download begins, which the agent carries. Then the kernel takes over again. Both downloads end whole:
    the first never left the kernel, the second stays with the agent until it is done.`,
  async run(stage) {
    const accepting = await stage.run('web-2', ACCEPT);
    stage.check(accepting.code === 0, 'web-2 to accept again', accepting);
    await startDownload(stage, 'client-1', 'begun-relayed');
    const switched = await stage.run('node-1', 'fairlead mode iptables');
    stage.check(switched.code === 0 && switched.text === 'iptables\n', 'the mode of before', switched);
    const asked = await stage.run('client-1', 'curl -sS -4 -m 5 http://web/');
    stage.check(asked.text.includes('asked by 10.244.1.2:'), 'the pod to see the client again', asked);
    const carried = await stage.run('node-1', 'fairlead status | grep relayed');
    stage.check(/relayed +\d+ services?, [1-9]\d* of /.test(carried.text), 'what is still carried', carried);
    await endDownload(stage, 'client-1', DOWNLOAD);
    await endDownload(stage, 'client-1', 'begun-relayed');
  },
};
