/** Kernel parameters of this network namespace. */
import { readFile, writeFile } from 'node:fs/promises';

export interface Sysctl {
  /** Value of a parameter such as `net.ipv4.conf.all.route_localnet`; `undefined` when the kernel has none. */
  read(name: string): Promise<string | undefined>;
  /** Rejects when the kernel refuses. */
  write(name: string, value: string): Promise<void>;
}

export const systemSysctl: Sysctl = parametersIn((name) => `/proc/sys/${name.replaceAll('.', '/')}`);

/** Parameters of the kernel's modules, as `nf_conntrack.hashsize`; they are the whole machine's. */
export const moduleParameters: Sysctl = parametersIn(
  (name) => `/sys/module/${name.replace('.', '/parameters/')}`,
);

function parametersIn(pathOf: (name: string) => string): Sysctl {
  return {
    read: (name) =>
      readFile(pathOf(name), 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      ),
    write: (name, value) => writeFile(pathOf(name), value),
  };
}
