/** Ports of Services and of slices; a port that cannot be used is found wrong and left out. */
import type { EndpointPortRecord, Protocol, ServicePortRecord } from '../../kube/records.ts';
import type { EndpointPort } from '../endpoint.ts';
import type { ServicePort } from '../service.ts';
import { type Findings, quoted } from './findings.ts';
import { checkLabel } from './names.ts';

const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'] satisfies readonly Protocol[];

/** 1 to 65535. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** Of two ports that cannot be told apart, by name or by number, the first counts. */
export function readServicePorts(
  records: readonly ServicePortRecord[],
  findings: Findings,
): readonly ServicePort[] {
  const ports: ServicePort[] = [];
  records.forEach((record, i) => {
    const field = `spec.ports[${i}]`;
    const port = readServicePort(record, field, findings);
    if (port === undefined) return;
    const twin = ports.find(
      (other) => other.protocol === port.protocol && (other.port === port.port || other.name === port.name),
    );
    if (twin === undefined) ports.push(withOwnNodePort(port, ports, `${field}.nodePort`, findings));
    else if (twin.port === port.port)
      findings.add(`${field}.port`, `${port.port}/${port.protocol} is there twice`);
    else findings.add(`${field}.name`, `${quoted(port.name)} is there twice for ${port.protocol}`);
  });
  return ports;
}

/** A port of 0 means "any port": no proxy can use it, and a headless Service needs none. So it is no finding. */
export function readEndpointPorts(
  records: readonly EndpointPortRecord[],
  findings: Findings,
): readonly EndpointPort[] {
  return records.flatMap((record, i) => {
    const field = `ports[${i}]`;
    if (record.port === 0) return [];
    const protocol = readProtocol(record.protocol, field, findings);
    const named = readPortName(record.name, field, findings);
    const numbered = checkPort(record.port, `${field}.port`, findings);
    return protocol !== undefined && named && numbered
      ? [{ name: record.name, protocol, port: record.port }]
      : [];
  });
}

function readServicePort(
  record: ServicePortRecord,
  field: string,
  findings: Findings,
): ServicePort | undefined {
  const protocol = readProtocol(record.protocol, field, findings);
  const named = readPortName(record.name, field, findings);
  const numbered = checkPort(record.port, `${field}.port`, findings);
  if (protocol === undefined || !named || !numbered) return undefined;
  const hasNodePort = record.nodePort !== 0 && checkPort(record.nodePort, `${field}.nodePort`, findings);
  return { name: record.name, protocol, port: record.port, nodePort: hasNodePort ? record.nodePort : 0 };
}

function withOwnNodePort(
  port: ServicePort,
  others: readonly ServicePort[],
  field: string,
  findings: Findings,
): ServicePort {
  const taken = others.some((other) => other.protocol === port.protocol && other.nodePort === port.nodePort);
  if (port.nodePort === 0 || !taken) return port;
  findings.add(field, `${port.nodePort}/${port.protocol} is there twice`);
  return { ...port, nodePort: 0 };
}

function readProtocol(text: string, field: string, findings: Findings): Protocol | undefined {
  if (isProtocol(text)) return text;
  findings.add(`${field}.protocol`, `${quoted(text)} is not TCP, UDP or SCTP`);
  return undefined;
}

function isProtocol(text: string): text is Protocol {
  return PROTOCOLS.includes(text);
}

function readPortName(name: string, field: string, findings: Findings): boolean {
  return name === '' || checkLabel(name, `${field}.name`, findings);
}

function checkPort(port: number, field: string, findings: Findings): boolean {
  if (isPort(port)) return true;
  findings.add(field, `${port} is not a port (1-65535)`);
  return false;
}
