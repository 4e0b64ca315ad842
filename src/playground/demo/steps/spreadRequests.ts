import type { Step } from '../step.ts';

export const spreadRequests: Step = {
  title: 'Requests that spread',
  story: `The pod only knows the name. Each connection to the Service's address is sent to one of the four pods, at
    random, by rules in the kernel of the pod's node; no proxy process carries the data.`,
  async run(stage) {
    const one = await stage.eventually(
      'client-1',
      'curl -sS -m 5 http://web/',
      ({ text }) => /^web-\d on node-\d, asked by 10\.244\.1\.2:/.test(text),
      'an answer of a web pod, which sees the address of the client',
    );
    stage.check(one.code === 0, 'success', one);
    const many = await stage.run(
      'client-1',
      'for i in $(seq 40); do curl -sS -m 5 http://web/ | cut -d, -f1; done | sort | uniq -c',
    );
    const total = [...many.text.matchAll(/^ *(\d+) web-\d on/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
    stage.check(total === 40, '40 answers', many);
    const nodes = ['on node-1', 'on node-2'].every((node) => many.text.includes(node));
    stage.check(nodes, 'answers of pods on both nodes', many);
  },
};
