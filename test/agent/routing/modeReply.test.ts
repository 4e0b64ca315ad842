import { expect, test } from 'vitest';
import { modeReply } from '../../../src/agent/routing/modeReply.ts';
import type { Mode } from '../../../src/proxy/backend.ts';

class Modes {
  mode: Mode = 'iptables';
  failure: Error | undefined;

  to(mode: Mode): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.mode = mode;
    return Promise.resolve();
  }
}

const asks = (method: string, to = '') => ({ method, query: new URLSearchParams(to === '' ? {} : { to }) });

test('to look is not to switch', async () => {
  const modes = new Modes();
  const reply = await modeReply(modes, asks('GET', 'userspace'));
  expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { mode: 'iptables' }]);
  expect(modes.mode).toBe('iptables');
});

test('a switch is answered once it is done', async () => {
  const reply = await modeReply(new Modes(), asks('POST', 'userspace'));
  expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { mode: 'userspace' }]);
});

test('one that was taken back says why', async () => {
  const modes = new Modes();
  modes.failure = new Error('shop/web cannot be reached any more');
  const { status, body } = await modeReply(modes, asks('POST', 'userspace'));
  expect([status, body]).toEqual([409, 'shop/web cannot be reached any more\n']);
});

test.each([
  [
    'a mode that there is not',
    asks('POST', 'ipvs'),
    new Modes(),
    400,
    '"ipvs" is none of iptables, userspace\n',
  ],
  ['no mode at all', asks('POST'), new Modes(), 400, '"" is none of iptables, userspace\n'],
  ['an agent that does not route', asks('GET'), undefined, 409, 'this agent does not route: --proxy off\n'],
])('%s', async (_, question, modes, status, body) => {
  expect(await modeReply(modes, question)).toMatchObject({ status, body });
});
