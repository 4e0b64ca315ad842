/** Addresses and prefixes of objects, canonical; what is none is found wrong and left out. */
import { parseCidr } from '../../net/cidr.ts';
import { canonicalIP, familyOf } from '../../net/ip.ts';
import { type Findings, quoted } from './findings.ts';

/** `undefined`, and a finding, when the text is no address of a host. */
export function readAddress(text: string, field: string, findings: Findings): string | undefined {
  const address = canonicalIP(text);
  if (address === undefined) findings.add(field, `${quoted(text)} is not an IP address`);
  // As a destination the kernel takes these for the host itself: a rule for one would match what was never meant.
  else if (address === '0.0.0.0' || address === '::')
    findings.add(field, `${address} is the unspecified address`);
  else return address;
  return undefined;
}

/** Each usable address once, in the object's order. `field` is the path of the list. */
export function readAddresses(
  texts: readonly string[],
  field: string,
  findings: Findings,
): readonly string[] {
  return distinct(texts.map((text, i) => readAddress(text, `${field}[${i}]`, findings)));
}

/** At most one a family: kube-proxy and the API server know no more. */
export function readClusterIPs(texts: readonly string[], findings: Findings): readonly string[] {
  const chosen: string[] = [];
  texts.forEach((text, i) => {
    const field = `spec.clusterIPs[${i}]`;
    const address = readAddress(text, field, findings);
    if (address === undefined) return;
    const rival = chosen.find((other) => familyOf(other) === familyOf(address));
    if (rival === undefined) chosen.push(address);
    else findings.add(field, `${address} is a second ${familyOf(address)} address: ${rival} is used`);
  });
  return chosen;
}

/** Canonical prefixes. Blanks around them are allowed, as kube-proxy allows them. */
export function readCidrs(texts: readonly string[], field: string, findings: Findings): readonly string[] {
  return distinct(
    texts.map((text, i) => {
      const cidr = parseCidr(text);
      if (cidr === undefined) findings.add(`${field}[${i}]`, `${quoted(text)} is not a CIDR`);
      return cidr?.text;
    }),
  );
}

/** What is there, each text once. */
export function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
