/** A configuration in lines that a person can compare with the Corefile that it was read from. */
import type { ReadConfiguration } from '../../../src/config/dnsConfiguration.ts';
import type { NameMatch, RecordTemplate, RuleBlock } from '../../../src/dns/rules/rule.ts';
import type { ForwardZone, TtlRange, UpstreamSource } from '../../../src/dns/settings.ts';

export function tell({ configuration, remarks }: ReadConfiguration): string {
  const { zone, forwarding, rules } = configuration;
  const { queryLog } = forwarding;
  return [
    `cluster: ttl ${zone.ttl}, pods ${zone.pods}`,
    ...forwarding.zones.flatMap(forwardLines),
    queryLog.classes.length === 0
      ? 'no query log'
      : `log ${queryLog.classes.join(', ')} of ${queryLog.domains.map(dotted).join(', ')}`,
    ...rules.flatMap(ruleLines),
    ...remarks.map(({ level, file, line, message }) => `${level}: ${file}:${line}: ${message}`),
    '',
  ].join('\n');
}

function forwardLines(zone: ForwardZone): string[] {
  const { domain, upstreams, except, policy, maxConcurrent, maxFails, forceTcp, cache } = zone;
  const servers = upstreams.length === 0 ? 'nobody' : upstreams.map(serverText).join(', ');
  const { success, denial, servfail, serveStale, prefetch } = cache;
  return [
    `forward ${dotted(domain)} to ${servers}`,
    `  ${policy}, concurrent ${maxConcurrent}, fails ${maxFails}${forceTcp ? ', by TCP' : ''}` +
      (except.length === 0 ? '' : `, except ${except.join(', ')}`),
    `  keep ${range(success)}, denials ${range(denial)}, failures ${servfail}, stale ${serveStale}, prefetch ${prefetch}`,
  ];
}

function ruleLines({ zones, rewrites, minimalAny, templates, hosts }: RuleBlock): string[] {
  return [
    `rules for ${zones.map(dotted).join(', ')}`,
    ...rewrites.map((rule) => {
      const then = rule.continues ? ', then go on' : '';
      switch (rule.field) {
        case 'name': {
          const { auto, names, values } = rule.answers;
          const others = [
            ...(auto ? ['auto'] : []),
            ...names.map(({ regex, to }) => `names ${regex.source} -> ${to}`),
            ...values.map(({ regex, to }) => `values ${regex.source} -> ${to}`),
          ];
          const back = others.length === 0 ? '' : `; answers ${others.join(', ')}`;
          return `  name ${match(rule.match)} -> ${rule.to}${back}${then}`;
        }
        case 'type':
          return `  type ${rule.from} -> ${rule.to}${then}`;
        case 'ttl':
          return `  ttl ${match(rule.match)} -> ${rule.min} to ${rule.max}${then}`;
        default:
          return rule satisfies never;
      }
    }),
    ...(minimalAny ? ['  any'] : []),
    ...templates.flatMap((template) => [
      `  template for type ${template.type} of ${template.zones.map(dotted).join(', ')}: rcode ${template.rcode}` +
        (template.matches.length === 0
          ? ''
          : `, ${template.matches.map((regex) => regex.source).join(', ')}`) +
        through(template.fallthrough),
      ...[...template.answers, ...template.authority, ...template.additional].map(
        (one) => `    ${text(one)}`,
      ),
    ]),
    ...(hosts === undefined
      ? []
      : [
          `  hosts for ${hosts.zones.map(dotted).join(', ')}: ttl ${hosts.ttl}` +
            (hosts.reverse ? '' : ', no reverse names') +
            through(hosts.fallthrough),
          ...hosts.entries.map(({ address, names }) => `    ${address} ${names.join(' ')}`),
        ]),
  ];
}

function through(zones: readonly string[]): string {
  return zones.length === 0 ? '' : `, through for ${zones.map(dotted).join(', ')}`;
}

function text(template: RecordTemplate): string {
  return template
    .map((part) => (typeof part === 'string' ? part : `<${Object.values(part).join(' ')}>`))
    .join('');
}

function match(found: NameMatch): string {
  return found.kind === 'regex' ? `regex ${found.regex.source}` : `${found.kind} ${found.text}`;
}

function serverText(server: UpstreamSource): string {
  if ('file' in server) return server.file;
  const place = 'host' in server ? server.host : server.address;
  const { tls } = server;
  const by = tls === undefined ? '' : ` by TLS as ${tls.serverName || 'its address'}`;
  const authorities = tls === undefined || tls.caFile === '' ? '' : ` signed by ${tls.caFile}`;
  return `${place} port ${server.port}${by}${authorities}`;
}

function range({ min, max }: TtlRange): string {
  return min === 0 ? String(max) : `${min}-${max}`;
}

function dotted(zone: string): string {
  return zone === '' ? '.' : zone;
}
