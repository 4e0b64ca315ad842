import type { Step } from '../step.ts';
import { startDownload } from './download.ts';

export const DOWNLOAD = 'begun-before';

export const switchMode: Step = {
  title: 'Another mode, while a download runs',
  story: `Until now the kernel carried every connection. In mode userspace the agent does: rules lead to sockets of its
    own, and it connects on to a pod. Node-1 goes there while client-1 downloads something; that connection stays with
    the kernel, which remembers where it goes.`,
  async run(stage) {
    await startDownload(stage, 'client-1', DOWNLOAD);
    const switched = await stage.run('node-1', 'fairlead mode userspace');
    stage.check(switched.code === 0 && switched.text === 'userspace\n', 'the new mode', switched);
    const asked = await stage.run('client-1', 'curl -sS -4 -m 5 http://web/');
    stage.check(/^web-\d on node-\d, asked by /.test(asked.text), 'an answer', asked);
    const relayed = !asked.text.includes('asked by 10.244.1.2:');
    stage.check(relayed, 'the pod to be asked by the node, which carries the connection', asked);
    stage.remark('The pod is asked by the node now: a new connection, made by the agent.');
    const size = await stage.run('client-1', `ls -s --block-size=K /run/${DOWNLOAD}`);
    stage.check(/^\d+K /.test(size.text), 'the download to go on', size);
  },
};
