/** The mode that a kube-proxy's configuration names. */

/** Only the one line: what the rest says is another check's. Empty is what kube-proxy takes for iptables on Linux. */
export function parseKubeProxyMode(config: string): string {
  const [, mode = ''] = /^mode:\s*"?([a-z]*)"?\s*$/m.exec(config) ?? [];
  return mode === '' ? 'iptables' : mode;
}
