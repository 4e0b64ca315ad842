/**
 * Writes deploy/helm/fairlead, a Helm chart that is deploy/base with values in it. The chart is generated and not written by
 * hand, so that it cannot fall behind: a test compares.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

const DEPLOY = join(import.meta.dirname, '../deploy');

const Package = v.object({ version: v.string() });

type Change = readonly [from: string, to: string];

/** In every file. */
const NAMESPACE: Change = ['namespace: kube-system', 'namespace: {{ .Release.Namespace }}'];

/** The text where the value is true. */
const where = (value: string, text: string): string => `{{- if .Values.${value} }}\n${text}{{- end }}\n`;

const DNS_PORTS = `            - { name: dns-metrics, containerPort: 9153, protocol: TCP }
            - { name: dns, containerPort: 10053, protocol: UDP }
            - { name: dns-tcp, containerPort: 10053, protocol: TCP }
`;
const CREATE = '    verbs: [create]\n';
const PODS = '  - apiGroups: [""]\n    resources: [pods]\n    verbs: [get, list, watch]\n';
const NODES = '  - apiGroups: [""]\n    resources: [nodes]\n    verbs: [patch]\n';
const BIND = '                - NET_BIND_SERVICE # port 53\n';
const CONFIG_ARG = '            - --config=/etc/fairlead/fairlead.yaml\n';
const REQUESTS = `            requests:
              cpu: 100m
              memory: 192Mi
`;

const CONFIG_NAME = 'fairlead-{{ toYaml .Values.config | sha256sum | trunc 10 }}';

/** What of the base is a value. Each `from` stands there exactly once. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'serviceAccount.yaml': [NAMESPACE],
  'clusterRole.yaml': [[CREATE, CREATE + where('watchPods', PODS) + where('startupTaint', NODES)]],
  'clusterRoleBinding.yaml': [NAMESPACE],
  'daemonSet.yaml': [
    NAMESPACE,
    ['          image: fairlead\n', '          image: {{ .Values.image }}\n'],
    [
      CONFIG_ARG,
      `${CONFIG_ARG}{{- range .Values.flags }}\n            - {{ . | quote }}\n{{- end }}
{{- if not .Values.dns }}\n            - --dns=off\n{{- end }}
{{- if not .Values.proxy }}\n            - --proxy=off\n{{- end }}
{{- with .Values.startupTaint }}\n            - --startup-taint={{ . }}\n{{- end }}
{{- if .Values.monitoring }}\n            - --metrics-bind-address=0.0.0.0:10249\n{{- end }}\n`,
    ],
    [DNS_PORTS, where('dns', DNS_PORTS)],
    [BIND, where('dns', BIND)],
    [REQUESTS, '            {{- toYaml .Values.resources | nindent 12 }}\n'],
    [
      '            name: fairlead\n        # The control',
      `            name: ${CONFIG_NAME}\n        # The control`,
    ],
  ],
};

/** Not templates, because braces in them are Prometheus' and Grafana's. */
const RAW = ['service.yaml', 'serviceMonitor.yaml', 'prometheusRule.yaml', 'fairlead.json'];

const CONFIG_MAPS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${CONFIG_NAME}
  namespace: {{ .Release.Namespace }}
  labels:
    app.kubernetes.io/name: fairlead
data:
  fairlead.yaml: |
    apiVersion: fairlead.dev/v1alpha1
    kind: FairleadConfiguration
    {{- toYaml .Values.config | nindent 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: fairlead-api-server
  namespace: {{ .Release.Namespace }}
  labels:
    app.kubernetes.io/name: fairlead
data:
  KUBERNETES_SERVICE_HOST: {{ required "apiServer.host: the API server's own address, and not the clusterIP" .Values.apiServer.host | quote }}
  KUBERNETES_SERVICE_PORT: {{ .Values.apiServer.port | quote }}
`;

const included = (file: string): string =>
  `{{ .Files.Get "files/${file}" | replace "namespace: kube-system" (printf "namespace: %s" .Release.Namespace) }}\n`;

const MONITORING = `{{- if .Values.monitoring }}
${['service.yaml', 'serviceMonitor.yaml', 'prometheusRule.yaml'].map((file) => `---\n${included(file)}`).join('')}---
apiVersion: v1
kind: ConfigMap
metadata:
  name: fairlead-dashboard
  namespace: {{ .Release.Namespace }}
  labels:
    app.kubernetes.io/name: fairlead
    grafana_dashboard: "1"
data:
  fairlead.json: |
{{ .Files.Get "files/fairlead.json" | trim | indent 4 }}
{{- end }}
`;

const VALUES = `# Where the API server is: its own address, or its load balancer's (docs/INSTALL.md).
apiServer:
  host: ""
  port: 6443
image: fairlead:dev
# A FairleadConfiguration: \`fairlead run --help\` has all settings.
config:
  clusterCIDR: []
  clusterDomain: cluster.local
# Flags win over the configuration: --mode=userspace, --dns-node-local=169.254.20.10
flags: []
# Answer names; route Services.
dns: true
proxy: true
# For --dns-search-path=on and --pods=verified.
watchPods: false
# What each agent takes from its Node once it works: fairlead.dev/not-ready
startupTaint: ""
# ServiceMonitor, alerts and a dashboard.
monitoring: false
resources:
  requests:
    cpu: 100m
    memory: 192Mi
`;

const CHART = (version: string): string => `apiVersion: v2
name: fairlead
description: "One agent per Kubernetes node: Service routing and cluster DNS"
type: application
version: ${version}
appVersion: ${version}
kubeVersion: ">=1.28.0-0"
`;

/** Paths below the chart's folder, and texts. @throws Error where the base no longer holds what is to be a value */
export function chartFiles(): ReadonlyMap<string, string> {
  const { version } = v.parse(Package, JSON.parse(readFileSync(join(DEPLOY, '../package.json'), 'utf8')));
  const files = new Map([
    ['Chart.yaml', CHART(version)],
    ['values.yaml', VALUES],
    ['templates/configMaps.yaml', CONFIG_MAPS],
    ['templates/monitoring.yaml', MONITORING],
  ]);
  for (const [file, changes] of Object.entries(CHANGES)) {
    const text = readFileSync(join(DEPLOY, 'base', file), 'utf8');
    files.set(
      `templates/${file}`,
      changes.reduce((now, change) => changed(file, now, change), text),
    );
  }
  for (const file of RAW) {
    files.set(`files/${file}`, readFileSync(join(DEPLOY, 'components/monitoring', file), 'utf8'));
  }
  return files;
}

function changed(file: string, text: string, [from, to]: Change): string {
  const [before = '', after, more] = text.split(from);
  if (after === undefined || more !== undefined) throw new Error(`deploy/base/${file}: not once: ${from}`);
  return before + to + after;
}

function write(): void {
  const chart = join(DEPLOY, 'helm/fairlead');
  rmSync(chart, { recursive: true, force: true });
  for (const [path, text] of chartFiles()) {
    mkdirSync(dirname(join(chart, path)), { recursive: true });
    writeFileSync(join(chart, path), text);
  }
}

if (process.argv[1] === import.meta.filename) write();
