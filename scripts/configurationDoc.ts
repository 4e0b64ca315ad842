/** Writes docs/CONFIGURATION.md from the table of settings; `test/configurationDoc.test.ts` holds the two equal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_KEYS } from '../src/config/given.ts';
import { KUBE_PROXY_FIELDS } from '../src/config/kubeProxy/kubeProxyFields.ts';
import type { SettingKey } from '../src/config/settings.ts';
import { GROUPS, type Setting } from '../src/config/tables/setting.ts';
import { TABLE } from '../src/config/tables/table.ts';

const INTRO = `<!-- Made by scripts/configurationDoc.ts from src/config/: change the tables there, then \`npm run docs\`. -->

# Configuration

Each setting is a flag of \`fairlead run\` and a key of the file that \`--config\` names. A flag wins over the file, the file
over the environment, and that over the default.

\`\`\`yaml
apiVersion: fairlead.dev/v1alpha1
kind: FairleadConfiguration
mode: iptables
clusterCIDR: [10.244.0.0/16]
relayDrain: 30m
dnsStubDomains:
  corp.example: [192.0.2.53]
\`\`\`

An unknown key, or a value that cannot be read, ends the start with code 2 and one line: the file, its line, the key, and the
nearest key that there is. Lists may also be written as one text with commas. The running agent follows the file: a mode that
changes in it is switched to; what else changes is told, and needs a restart.

What is in force, and where it comes from:

\`\`\`console
$ fairlead config show --config /etc/fairlead/fairlead.yaml --changed
$ fairlead config show --running -o json
\`\`\`

`;

const KUBE_PROXY = `
## KubeProxyConfiguration

\`--config\` takes kube-proxy's own file too (\`kubeproxy.config.k8s.io/v1alpha1\`). Fields that are not honoured are named in the
log when they are set, with their line. A \`mode\` that is not offered (\`ipvs\`, \`nftables\`) becomes \`iptables\`; of a file with
\`mode: nftables\`, the fields under \`nftables\` hold, and NodePorts answer on the Node's primary addresses unless
\`nodePortAddresses\` says otherwise, as they do there.

\`clientConnection.kubeconfig\` is honoured: where kube-proxy's DaemonSet has the path of a mounted file, this one must mount it as
well, or leave the field out and use the pod's own credentials.

| field | here |
|---|---|
`;

export function configurationDoc(): string {
  const groups = GROUPS.map((group) => {
    const rows = SETTING_KEYS.filter((key) => TABLE[key].group === group).map(row);
    return `## ${group}\n\n| key | flag | value | default | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  const fields = Object.entries(KUBE_PROXY_FIELDS).map(([path, field]) => {
    const here = 'setting' in field ? `\`${field.setting}\`` : `not honoured: ${field.ignored}`;
    return `| \`${path}\` | ${here} |`;
  });
  return `${INTRO}${groups.join('\n')}${KUBE_PROXY}${fields.join('\n')}\n`;
}

function row(key: SettingKey): string {
  const setting: Setting<unknown> = TABLE[key];
  const { flag, aliases = [], help, reader, repeatable } = setting;
  const flags = [flag, ...aliases].map((name) => `\`--${name}\``).join(', ');
  // Readers' words end the sentence "x is no …".
  const value = reader.expected.replace(/, and not .* either$/, '');
  const meaning = `${help}${repeatable === true ? '; the flag is repeatable' : ''}`;
  const cells = [`\`${key}\``, flags, value, defaultOf(setting), meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultOf({ told, default: value, environment }: Setting<unknown>): string {
  if (told !== undefined) return environment === undefined ? told : `\`${told}\``;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' && value !== '' ? `\`${value}\`` : 'none';
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '../docs/CONFIGURATION.md'), configurationDoc());
}
