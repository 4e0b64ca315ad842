/** A relay that listens to nobody, and remembers where it would. */
import type { ListenAt, Relay, RelayTargets } from '../../src/proxy/userspace/relay.ts';

export class FakeRelay implements Relay {
  /** By `TCP 10.0.0.1 80`. */
  readonly listening: Map<string, RelayTargets> = new Map();
  readonly taken: Set<string> = new Set();
  fails = '';

  async listen({ protocol, address, port }: ListenAt, targets: RelayTargets): ReturnType<Relay['listen']> {
    const at = `${protocol} ${address} ${port}`;
    if (this.fails !== '') throw new Error(this.fails);
    if (this.taken.has(at)) throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    this.listening.set(at, targets);
    return {
      retarget: (next) => void this.listening.set(at, next),
      close: async () => void this.listening.delete(at),
    };
  }

  figures(): [] {
    return [];
  }

  async close(): Promise<void> {
    this.listening.clear();
  }

  /** Endpoints by Service port, as the relay knows them. */
  endpoints(): Record<string, string[]> {
    return Object.fromEntries(
      [...this.listening.values()].map(({ name, endpoints }) => [name, endpoints.map(({ text }) => text)]),
    );
  }

  /** Endpoints behind what listens at `10.0.0.1:80`; `undefined` where nothing does. */
  behind(protocol: string, text: string): readonly string[] | undefined {
    const [address = '', port = ''] = text.replaceAll(/[[\]]/g, '').split(/:(?=\d+$)/);
    const found = this.listening.get(`${protocol.toUpperCase()} ${address} ${port}`);
    return found?.endpoints.map((endpoint) => endpoint.text);
  }
}
