/** An endpoint as one port of a Service sees it. */

/** An endpoint of one Service port: an address with a port. */
export interface PortEndpoint {
  readonly address: string;
  readonly port: number;
  /** `10.0.0.1:80` or `[fd00::1]:80`; identity and sort key. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly local: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}
