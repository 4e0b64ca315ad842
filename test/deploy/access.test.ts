/** RBAC gives the agent what it asks for, and not one verb more. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { granted, needed } from './support/access.ts';
import { hasKubectl, render, WITHOUT_KUBECTL } from './support/kustomize.ts';
import { settingsOf } from './support/objects.ts';

const ROOT = join(import.meta.dirname, '../..');
const sorted = (lines: Iterable<string>): string[] => [...new Set(lines)].sort();

describe.skipIf(!hasKubectl)(`permissions${WITHOUT_KUBECTL}`, () => {
  test.each([
    'base',
    'overlays/dns-only',
    'overlays/proxy-only',
    'overlays/userspace',
    'overlays/node-local',
    'overlays/dual-stack',
    '+monitoring',
    '+search-path',
    '+coredns-config',
    '+startup-taint',
    '+search-path+coredns-config+userspace',
  ])('%s', async (what) => {
    const settings = await settingsOf(render(what));
    expect(sorted(granted(render(what)))).toEqual(sorted(await needed(settings)));
  });

  test('of the base, in full', () => {
    expect(sorted(granted(render('base')))).toEqual([
      'create events.events.k8s.io',
      'get endpointslices.discovery.k8s.io',
      'get namespaces',
      'get nodes',
      'get services',
      'list endpointslices.discovery.k8s.io',
      'list namespaces',
      'list nodes',
      'list services',
      'watch endpointslices.discovery.k8s.io',
      'watch namespaces',
      'watch nodes',
      'watch services',
    ]);
  });

  test('what a setting needs is given with it: Pods, and ConfigMaps by name', () => {
    const base = new Set(granted(render('base')));
    const more = granted(render('+search-path+coredns-config')).filter((line) => !base.has(line));
    expect(sorted(more)).toEqual([
      'get pods',
      'list configmaps coredns in kube-system',
      'list pods',
      'watch configmaps coredns in kube-system',
      'watch pods',
    ]);
  });
});

// Who adds a request to another file adds it to support/access.ts as well, and to the roles. Commands ask as whoever
// runs them.
test('all that the agent asks of the API server is asked in these files', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      !/^(playground|commands)\//.test(file) &&
      readFileSync(join(ROOT, 'src', file), 'utf8').includes('HttpTransport('),
  );
  expect(files.sort()).toEqual(['agent/reports/apiWrites.ts', 'kube/api.ts', 'kube/configMaps.ts']);
});
