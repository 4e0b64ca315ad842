/** Why a look-up gave nothing, in one line. */
import type { Answer } from './answer.ts';

/** `undefined` when it gave something: NOERROR with at least one record. */
export function whyNothing(answer: Answer, name: string, type: string, server: string): string | undefined {
  if (answer.rcode === 'NOERROR' && answer.answers.length > 0) return undefined;
  const explanation = answer.explanation === undefined ? '' : `: ${answer.explanation}`;
  return `${reason(answer, name, type, server)}${explanation}${shortName(answer, name)}`;
}

/** Pods ask so, and their resolver fills it up; whoever looks a name up by hand forgets it. */
function shortName({ rcode }: Answer, name: string): string {
  const [service = '', namespace = 'NAMESPACE', svc = 'svc', ...more] = name.split('.');
  if (service === '' || svc !== 'svc' || more.length > 0 || !['NXDOMAIN', 'REFUSED'].includes(rcode))
    return '';
  return `; asked as it stands, without a search list: a Service is ${service}.${namespace}.svc.cluster.local in full`;
}

function reason({ rcode }: Answer, name: string, type: string, server: string): string {
  switch (rcode) {
    case 'NOERROR':
      return `${name} exists but has no ${type} records (NODATA from ${server})`;
    case 'NXDOMAIN':
      return `${name} does not exist (NXDOMAIN from ${server})`;
    case 'SERVFAIL':
      return `${server} could not find out (SERVFAIL for ${name} ${type})`;
    case 'REFUSED':
      return `${server} does not answer for such names (REFUSED for ${name} ${type})`;
    default:
      return `${server} says ${rcode} for ${name} ${type}`;
  }
}

/** A transport's error as an operator would say it. */
export function whyNoReply(error: string, server: string): string {
  if (error.includes('ECONNREFUSED')) return `nobody listens on ${server} (connection refused)`;
  if (error.startsWith('no reply in time')) return `${server} did not answer within 5 s`;
  return `no answer from ${server}: ${error}`;
}
