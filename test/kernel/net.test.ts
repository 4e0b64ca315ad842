import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';

test('namespaces, links, routes and servers of a kernel test', async () => {
  await using net = new TestNet();
  const node = await net.namespace('node');
  const near = await net.namespace('near');
  const far = await net.namespace('far');
  await net.link(node, ['10.244.1.1/24', 'fd00:1::1/64'], near, ['10.244.1.2/24', 'fd00:1::2/64']);
  await net.link(node, ['10.244.2.1/24'], far, ['10.244.2.2/24']);
  await net.forward(node);
  await net.ip(near, 'route add default via 10.244.1.1');
  await net.ip(far, 'route add default via 10.244.2.1');
  await net.echo(far, 'web-1');
  await net.echo(near, 'web-2');

  const fetch = async (url: string) => (await near.run('curl', '-sgm', '5', url)).stdout;
  expect(await fetch('http://10.244.2.2:8080/')).toMatch(/^web-1 on test, asked by 10\.244\.1\.2:\d+\n$/);
  const six = await node.run('curl', '-sgm', '5', 'http://[fd00:1::2]:8080/');
  expect(six.stdout).toMatch(/^web-2 on test, asked by \[fd00:1::1\]:\d+\n$/);
});

test('nothing of it stays', async () => {
  let name = '';
  {
    await using net = new TestNet();
    const netns = await net.namespace('gone');
    name = netns.name;
    expect((await netns.run('ip', 'link')).code).toBe(0);
  }
  await using net = new TestNet();
  const other = await net.namespace('other');
  expect((await other.run('ip', 'netns', 'list')).stdout).not.toContain(name);
});
