/** What is wrong where no Service, or no port of it, is what was asked about. */
import type { Facts } from '../facts/facts.ts';
import type { Subject } from '../facts/subject.ts';
import { broken, type Finding, listed } from './finding.ts';

/** `undefined` where a Service was found. */
export function subjectFinding(subject: Subject, facts: Facts): Finding | undefined {
  switch (subject.kind) {
    case 'service':
      return undefined;
    case 'missing':
      return missing(subject, facts);
    case 'noPort': {
      const { service } = subject.entry;
      const ports = service.ports.map(
        ({ name, port, protocol }) => `${name === '' ? '' : `${name} `}${port}/${protocol}`,
      );
      const has = ports.length === 0 ? 'it has no ports' : `its ports are ${listed(ports, 8)}`;
      return broken('no-such-port', `Service ${service.key} has no port ${subject.port}: ${has}`);
    }
    case 'nobody':
      return broken(
        'no-such-address',
        `no Service has ${subject.what}${subject.pod === '' ? '' : `; it is pod ${subject.pod}`}`,
        subject.pod === '' ? 'kubectl get services -A -o wide shows all addresses' : '',
      );
    case 'otherName':
      return broken(
        'not-a-service-name',
        subject.inDomain
          ? `${subject.name} is not the name of a Service`
          : `${subject.name} is not a name of this cluster (${facts.clusterDomain})`,
        `fairlead resolve ${subject.name} --trace tells how it is answered`,
      );
    case 'ambiguous':
      return broken(
        'ambiguous',
        `there are several: ${listed(subject.keys, 8)}`,
        'name one of them, with its namespace',
      );
    default:
      return subject satisfies never;
  }
}

function missing(subject: Extract<Subject, { kind: 'missing' }>, facts: Facts): Finding {
  const { namespace, name, elsewhere, namespaceExists } = subject;
  const key = namespace === '' ? name : `${namespace}/${name}`;
  if (facts.problems.length > 0) {
    return broken('unusable', `the object cannot be used: ${listed(facts.problems)}`, 'correct the field');
  }
  if (facts.unread !== '') {
    return broken(
      'not-read',
      `the cluster has not been read yet: ${facts.unread}`,
      'fairlead status tells more',
    );
  }
  const other = elsewhere[0];
  if (other !== undefined) {
    const to = other.slice(0, other.indexOf('/'));
    return broken(
      'no-such-service',
      `there is no Service ${key}, but ${listed(elsewhere)}: the search list of a pod leads to its own namespace only`,
      `from other namespaces it is called ${name}.${to}`,
    );
  }
  const why = namespaceExists ? '' : `: there is no namespace ${namespace} either`;
  return broken('no-such-service', `there is no Service ${key}${why}`);
}
