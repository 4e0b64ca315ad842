import { expect, test } from 'vitest';
import type { ChangeSet, Picture } from '../../src/catalog/picture.ts';
import { NO_CHANGES } from '../../src/proxy/changes.ts';
import { needsNode, NodeGate } from '../../src/proxy/nodeGate.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { FakeLog } from '../fake/log.ts';
import { cidr, pictureOf, proxySettings } from './cluster.ts';

test.each<readonly [Partial<ProxySettings>, string | undefined]>([
  [{}, undefined],
  [{ detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' } }, undefined],
  [{ nodePortAddresses: [cidr('10.0.0.0/8')] }, undefined],
  [{ detectLocal: { mode: 'NodeCIDR' } }, '--detect-local-mode NodeCIDR'],
  [{ nodePortAddresses: 'primary' }, '--nodeport-addresses primary'],
])('%j needs the Node for: %s', (fields, why) => {
  expect(needsNode(proxySettings(fields))).toBe(why);
});

test('the first sync waits for the Node, then looks at everything; later ones pass as they are', () => {
  const passed: (ChangeSet | undefined)[] = [];
  const log = new FakeLog();
  const gate = new NodeGate({ update: (_, changes) => void passed.push(changes) }, log, 'a setting');
  const known = pictureOf([]);
  const unknown: Picture = { ...known, node: undefined };

  gate.update({ ...known, synced: false }, NO_CHANGES);
  gate.update(unknown, { ...NO_CHANGES, synced: true });
  gate.update(unknown, NO_CHANGES);
  expect(passed).toEqual([]);
  expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
    ['rules wait until this Node is read', { because: 'a setting' }],
  ]);

  gate.update(known, NO_CHANGES);
  expect(passed).toEqual([undefined]);
  gate.update(known, NO_CHANGES);
  // A Node that is deleted while its agent runs: what is left of its rules follows the cluster on.
  gate.update(unknown, NO_CHANGES);
  expect(passed).toEqual([undefined, NO_CHANGES, NO_CHANGES]);
});
