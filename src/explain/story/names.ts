/** What DNS says of a Service, and what is wrong with it. */
import type { Family } from '../../net/ip.ts';
import type { Facts } from '../facts/facts.ts';
import type { ServiceSubject } from '../facts/subject.ts';
import { broken, type Finding, limited, listed } from './finding.ts';

export interface NameQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** A question and its answer, from the very table that answers pods. */
export interface NameTold extends NameQuestion {
  readonly rcode: string;
  /** As in a zone file, without owner and TTL: `A 10.96.0.20`. */
  readonly records: readonly string[];
  /** What the server says about why there is nothing; empty where it says nothing. */
  readonly why: string;
}

const TYPES: Readonly<Record<Family, 'A' | 'AAAA'>> = { IPv4: 'A', IPv6: 'AAAA' };

/** What is to be asked of DNS for the story. */
export function questionsOf({ dns, subject, clusterDomain }: Facts): readonly NameQuestion[] {
  if (dns === undefined) return [];
  switch (subject.kind) {
    case 'service':
      return typesOf(subject).map((type) => ({ name: nameOf(subject, clusterDomain), type }));
    case 'missing': {
      const { namespace, name } = subject;
      return namespace === '' ? [] : [{ name: `${name}.${namespace}.svc.${clusterDomain}`, type: 'A' }];
    }
    case 'noPort':
    case 'nobody':
    case 'otherName':
    case 'ambiguous':
      return [];
    default:
      return subject satisfies never;
  }
}

function nameOf({ name, entry }: ServiceSubject, clusterDomain: string): string {
  const { service } = entry;
  return name === '' ? `${service.name}.${service.namespace}.svc.${clusterDomain}` : name;
}

function typesOf({ entry }: ServiceSubject): readonly ('A' | 'AAAA')[] {
  const { service, groups } = entry;
  if (service.type === 'ExternalName') return ['A', 'AAAA'];
  const families = service.headless
    ? groups.map(({ family }) => family)
    : service.clusterIPs.map((address): Family => (address.includes(':') ? 'IPv6' : 'IPv4'));
  const types = [...new Set(families.map((family) => TYPES[family]))];
  return types.length === 0 ? ['A'] : types;
}

/** Of a Service that has addresses, or is headless: each of its names must tell some. */
export function nameFindings(
  facts: Facts,
  { entry }: ServiceSubject,
  names: readonly NameTold[],
): readonly Finding[] {
  const { dns, unread } = facts;
  if (dns === undefined) return [];
  const wrong = names.find(({ records }) => records.length === 0);
  if (entry.service.type === 'ExternalName') {
    const found = aliasFindings(entry.service.externalName, names);
    // Where no agent runs, nobody is asked for names of others.
    return facts.of === 'source' ? found.map((one) => ({ ...one, level: 'limited' })) : found;
  }
  if (wrong !== undefined && dns.held) return [late(false)];
  if (wrong !== undefined) {
    const why = wrong.why === '' ? '' : `, ${wrong.why}`;
    const advice =
      unread === '' ? '' : 'until the cluster has been read, nothing is denied: fairlead status tells more';
    return [
      broken('name-unanswered', `${wrong.name} has no ${wrong.type} record (${wrong.rcode}${why})`, advice),
    ];
  }
  return dns.held ? [late(true)] : [];
}

function late(older: boolean): Finding {
  const text = older
    ? 'its name still tells what was before the last change, whose rules are being written'
    : 'its name waits for its rules, which are being written';
  return older
    ? limited('name-late', text)
    : broken('name-late', text, 'ask again: a name waits for 100 ms at most');
}

function aliasFindings(target: string, names: readonly NameTold[]): readonly Finding[] {
  if (names.some(({ records }) => records.some((record) => /^A(AAA)? /.test(record)))) return [];
  const said = new Set(names.map(({ rcode, why }) => (why === '' ? rcode : why)));
  return [
    broken(
      'alias-unresolved',
      `it is an alias of ${target}, which has no address: ${listed([...said])}`,
      `fairlead resolve ${target} --trace tells which server said so`,
    ),
  ];
}
