import { expect, test } from 'vitest';
import type { Exec } from '../../../src/host/exec.ts';
import { routesTo } from '../../../src/host/reach/routes.ts';

/** What `ip -json -force -batch -` prints: one line for each address with a route, complaints beside. */
const OUTPUT = [
  '[{"type":"local","dst":"127.0.0.1","dev":"lo","prefsrc":"127.0.0.1","flags":[],"uid":0,"cache":["local"]}]',
  '[{"dst":"10.0.1.2","dev":"cni0","prefsrc":"10.0.1.1","flags":[],"uid":0,"cache":[]}]',
  '[{"dst":"2001:DB8::0001","from":"::","gateway":"fd00::1","dev":"eth0","metric":1024,"pref":"medium"}]',
  '',
].join('\n');

function execSaying(stdout: string, code: number): Exec & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    run: (_argv, options) => {
      asked.push(options?.stdin ?? '');
      return Promise.resolve({ code, stdout, stderr: 'RTNETLINK answers: Network is unreachable' });
    },
  };
}

test('all are asked for at once; those without a route are left out', async () => {
  const exec = execSaying(OUTPUT, 1);
  const routes = await routesTo(exec, ['127.0.0.1', '10.0.1.2', '192.0.2.1', '2001:db8::1']);
  expect([...routes]).toEqual([
    ['127.0.0.1', 'lo'],
    ['10.0.1.2', 'cni0'],
    ['2001:db8::1', 'eth0'],
  ]);
  expect(exec.asked).toEqual([
    'route get 127.0.0.1\nroute get 10.0.1.2\nroute get 192.0.2.1\nroute get 2001:db8::1\n',
  ]);
});

test('without the program there are none', async () => {
  expect((await routesTo(execSaying('', 127), ['10.0.1.2'])).size).toBe(0);
});
