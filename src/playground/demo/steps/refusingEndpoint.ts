import type { Step } from '../step.ts';

const REFUSE =
  'for i in iptables ip6tables; do $i -A INPUT -p tcp --syn --dport 8080 -j REJECT --reject-with tcp-reset; done';
const REQUESTS = 'for i in $(seq 40); do curl -sS -m 5 http://web/ | cut -d, -f1; done 2>&1 | sort | uniq -c';

export const refusingEndpoint: Step = {
  title: 'A pod that refuses, and nobody notices',
  story: `Web-2 says that it is ready, and refuses every new connection. Rules would send it a fourth of all clients, who
    would see it. The agent sees it instead, and tries the next pod before the client has been told anything.`,
  async run(stage) {
    const refusing = await stage.run('web-2', REFUSE);
    stage.check(refusing.code === 0, 'the pod to refuse', refusing);
    const direct = await stage.run('web-1', 'curl -sS -m 5 http://10.244.2.3:8080/');
    stage.check(direct.code === 7, 'web-2 to refuse who asks it directly', direct);
    const many = await stage.run('client-1', REQUESTS);
    const total = [...many.text.matchAll(/^ *(\d+) web-[134] on/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    stage.check(total === 40 && !many.text.includes('curl'), '40 answers and no failure', many);
    const status = await stage.run(
      'node-1',
      "fairlead status | grep -E '^(routing|mode|relayed|tried last|  +)'",
    );
    // Not who is tried last: on a slow machine that is over by now.
    const spared = /, [1-9]\d* endpoints passed over, 0 failed/.test(status.text);
    stage.check(spared, 'web-2 to have been passed over, and no connection to have failed', status);
    stage.remark(
      'Who keeps failing is tried last for a while, and then again: a pod that comes back is used.',
    );
  },
};
