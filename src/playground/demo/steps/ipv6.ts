import { HERE, type Step } from '../step.ts';

export const ipv6: Step = {
  title: 'The same in IPv6',
  story: `The Service is asked to have both families. It gets a second address, and so a second record and rules for
    IPv6.`,
  async run(stage) {
    await stage.run(HERE, stage.api.patchService('web', { spec: { ipFamilyPolicy: 'PreferDualStack' } }));
    await stage.eventually(
      'client-1',
      'dig +short AAAA web.shop.svc.cluster.local',
      ({ text }) => text.startsWith('fd00:10:96:'),
      'the IPv6 clusterIP',
    );
    await stage.eventually(
      'client-1',
      'curl -6 -sS -m 5 http://web/',
      ({ text }) => /asked by \[fd00:10:244:1::2\]/.test(text),
      'an answer over IPv6',
    );
  },
};
