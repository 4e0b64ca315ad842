/** What the agent leaves of others' rules, and of its own; what packets meet is in the conformance list. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mustRun } from '../../src/playground/network/netns.ts';
import type { Backend } from '../../src/proxy/backend.ts';
import { makeNode, type TestNode } from './iptablesNode.ts';

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  let node: TestNode;
  let backend: Backend;
  let before: string;

  beforeAll(async () => {
    node = await makeNode(variant);
    for (const program of ['iptables', 'ip6tables']) {
      await mustRun(node.exec, [`${program}-${variant}-restore`, '--noflush'], FOREIGN);
    }
    before = await rules();
    backend = await node.backend();
    await backend.sync(node.catalog.picture, undefined);
  });
  afterAll(async () => {
    await node.net[Symbol.asyncDispose]();
  });

  async function rules(): Promise<string> {
    const outputs: string[] = [];
    for (const program of ['iptables', 'ip6tables']) {
      outputs.push((await mustRun(node.exec, [`${program}-${variant}-save`])).stdout);
    }
    return outputs
      .join('')
      .replaceAll(/^#.*\n/gm, '')
      .replaceAll(/\[\d+:\d+\]/g, '');
  }

  test('a new process adopts what is there, and writes nothing', async () => {
    const report = await (await node.backend()).sync(node.catalog.picture, undefined);
    expect(report).toMatchObject({ restores: 0, services: 0 });
  });

  test('rules of others stay where they were', async () => {
    const lines = (await rules()).split('\n');
    // Ours were put above theirs once, and are not moved: theirs that came later stay above.
    await mustRun(node.exec, [`iptables-${variant}`, '-t', 'nat', '-I', 'PREROUTING', '-j', 'FOREIGN']);
    await (await node.backend()).sync(node.catalog.picture, undefined);
    const first = (await rules()).split('\n').find((line) => line.startsWith('-A PREROUTING'));
    expect(first).toBe('-A PREROUTING -j FOREIGN');
    await mustRun(node.exec, [`iptables-${variant}`, '-t', 'nat', '-D', 'PREROUTING', '-j', 'FOREIGN']);
    expect((await rules()).split('\n')).toEqual(lines);
  });

  test('cleanup leaves what was there before, and nothing else', async () => {
    await backend.cleanup();
    expect(await rules()).toBe(before);
  });
});

const FOREIGN = `*nat
:FOREIGN - [0:0]
-A FOREIGN -p tcp -m tcp --dport 7 -m comment --comment "not ours" -j RETURN
-A POSTROUTING -j FOREIGN
COMMIT
*filter
:FOREIGN - [0:0]
-A FOREIGN -p udp -m udp --dport 9 -j DROP
-A FORWARD -j FOREIGN
COMMIT
`;
