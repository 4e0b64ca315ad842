/**
 * Names that may become part of a DNS name, or of a comment in a rule: nothing else is let through, so that
 * neither an owner name too long for the wire nor a quote in a rule set can come from an object.
 */
import type { Findings } from './findings.ts';
import { quoted } from './findings.ts';

const MAX_LABEL = 63;
const MAX_NAME = 253;
/** RFC 1123 labels: RelaxedServiceNameValidation (Kubernetes 1.34) lets Services start with a digit too. */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** The target of a CNAME is not ours: real ones hold underscores. */
const TARGET_LABEL = /^[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?$/;

/** A DNS label in lower case: 63 characters at most, letters, digits and inner hyphens. */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL && LABEL.test(text);
}

/** Lower case, no trailing dot; `undefined` when no resolver could look it up. */
export function canonicalTarget(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  const fits = name.length <= MAX_NAME && name.split('.').every(isTargetLabel);
  return fits ? name : undefined;
}

/** Whether the text is a DNS label; if not, the finding says which rule it breaks. */
export function checkLabel(text: string, field: string, findings: Findings): boolean {
  if (isLabel(text)) return true;
  const rule = text.length > MAX_LABEL ? `longer than ${MAX_LABEL} characters` : 'not a DNS label';
  findings.add(field, `${quoted(text)} is ${rule}`);
  return false;
}

function isTargetLabel(text: string): boolean {
  return text.length <= MAX_LABEL && TARGET_LABEL.test(text);
}
