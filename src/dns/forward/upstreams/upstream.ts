/** One upstream server as we know it: what it was asked, what it owes us, and whether it is believed to live. */
import { type DnsServer, formatDnsServer } from '../../../net/dnsServer.ts';
import { exponentialBounds, Histogram } from '../../../telemetry/metric.ts';

const DURATION_BOUNDS = exponentialBounds(0.000_25, 2, 16);

export class Upstream {
  readonly server: DnsServer;
  /** `10.0.0.2:53`, `[fd00::2]:53`, `tls://10.0.0.2:853#dns.example` */
  readonly name: string;
  /** Failures in a row after which it is asked last, until it is heard of again; 0 for never. */
  maxFails = 2;
  /** It leads back to this agent; it is not asked at all. */
  looping = false;
  /** It lower-cases questions, seen by TCP; mixed case then proves nothing. */
  losesCase = false;
  /** Packets that came as its replies and matched no query. */
  strays = 0;
  /** Probes that it left unanswered while it was believed dead. */
  probeFailures = 0;
  /** Sockets that were opened to it, and queries sent by a TCP connection that was open already. */
  readonly sockets: { udp: number; tcp: number; reused: number } = { udp: 0, tcp: 0, reused: 0 };
  /** Seconds that its replies took, by rcode. */
  readonly durations: Map<number, Histogram> = new Map();
  #queries = 0;
  #failures = 0;
  #failuresInRow = 0;
  #inFlight = 0;

  constructor(server: DnsServer) {
    this.server = server;
    this.name = formatDnsServer(server);
  }

  get healthy(): boolean {
    return this.maxFails === 0 || this.#failuresInRow < this.maxFails;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queries(): number {
    return this.#queries;
  }

  get failures(): number {
    return this.#failures;
  }

  begin(): void {
    this.#queries += 1;
    this.#inFlight += 1;
  }

  /** Ends what `begin` began; any reply at all is a sign of life. */
  answered(rcode: number, seconds: number): void {
    this.#inFlight -= 1;
    this.revive();
    const durations = this.durations.get(rcode) ?? new Histogram(DURATION_BOUNDS);
    this.durations.set(rcode, durations);
    durations.observe(seconds);
  }

  /** Ends what `begin` began. */
  failed(): void {
    this.#inFlight -= 1;
    this.#failures += 1;
    this.#failuresInRow += 1;
  }

  revive(): void {
    this.#failuresInRow = 0;
  }
}
