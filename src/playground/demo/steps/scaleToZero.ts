import { HERE, type Step } from '../step.ts';

export const scaleToZero: Step = {
  title: 'Scaled to zero, and back',
  story: `A Service without a ready pod still has its name and address. Whoever connects is refused at once: a client
    that can tell does not hang until its timeout.`,
  async run(stage) {
    await stage.run(HERE, stage.api.scale('web', 0));
    const refused = await stage.eventually(
      'client-2',
      "curl -sS -m 5 -o /dev/null -w 'gave up after %{time_total} s\\n' http://web/",
      ({ code, text }) => code === 7 && /refused|Could ?n.t connect/i.test(text),
      'the connection to be refused (exit code 7 of curl)',
    );
    stage.check(
      Number(/gave up after ([\d.]+) s/.exec(refused.text)?.[1]) < 4,
      'to be refused at once, long before the timeout',
      refused,
    );
    await stage.run(HERE, stage.api.scale('web', 4));
    await stage.eventually(
      'client-2',
      'curl -sS -m 5 http://web/',
      ({ text }) => text.startsWith('web-'),
      'an answer of a web pod',
    );
  },
};
