/** The agent's rules as kube-proxy writes them: one restore, KUBE-SERVICES flat. */
import type { Picture } from '../../src/catalog/picture.ts';
import { rulesetRenderer } from '../../src/proxy/iptables/render.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';

interface Section {
  readonly declarations: string[];
  readonly rules: string[];
}

export function kubeProxyShape(picture: Picture, settings: ProxySettings): string {
  const nobody: Picture = { ...picture, services: new Map() };
  const services = rulesetRenderer(picture, settings, 'IPv4');
  const texts = [rulesetRenderer(nobody, settings, 'IPv4').whole([])];
  for (const key of picture.services.keys()) texts.push(services.service(key));
  const tables = new Map<string, Section>();
  for (const text of texts) {
    let table: Section = { declarations: [], rules: [] };
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) {
        table = tables.get(line) ?? { declarations: [], rules: [] };
        tables.set(line, table);
      } else if (line.startsWith(':')) table.declarations.push(line);
      else if (line.startsWith('-')) table.rules.push(line);
    }
  }
  return [...tables]
    .map(([name, { declarations, rules }]) => [name, ...declarations, ...rules, 'COMMIT\n'].join('\n'))
    .join('');
}
