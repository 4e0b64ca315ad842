/** Other people's caching resolvers, set up to forward everything to one upstream on loopback, with one thread. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  readonly name: string;
  /** The command that stays in the foreground. */
  readonly argv: (port: number, upstream: number, folder: string) => readonly string[];
}

export const CACHING_PEERS: readonly Peer[] = [
  {
    name: 'dnsmasq',
    argv: (port, upstream) => [
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
      '--pid-file=',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      `--port=${port}`,
      `--server=127.0.0.1#${upstream}`,
      '--cache-size=10000',
      '--dns-forward-max=10000',
    ],
  },
  {
    name: 'unbound',
    argv: (port, upstream, folder) => {
      const file = join(folder, 'unbound.conf');
      writeFileSync(file, unboundConfig(port, upstream, folder));
      return ['unbound', '-d', '-c', file];
    },
  },
  {
    name: 'coredns',
    argv: (port, upstream, folder) => {
      const file = join(folder, 'Corefile');
      writeFileSync(
        file,
        `.:${port} {\n  bind 127.0.0.1\n  forward . 127.0.0.1:${upstream}\n  cache 300\n}\n`,
      );
      return ['coredns', '-conf', file];
    },
  },
];

function unboundConfig(port: number, upstream: number, folder: string): string {
  return `server:
  interface: 127.0.0.1
  port: ${port}
  num-threads: 1
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
  do-not-query-localhost: no
  module-config: "iterator"
  msg-cache-size: 64m
  rrset-cache-size: 64m
  access-control: 127.0.0.0/8 allow
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
remote-control:
  control-enable: no
`;
}
