/** Of the Prometheus operator's API (monitoring.coreos.com/v1), the fields that a cluster's agents have a use for. */
const HEAD = { apiVersion: 'string', kind: 'string', metadata: 'V1ObjectMeta' };

export const OPERATOR_TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ServiceMonitor: { ...HEAD, spec: 'ServiceMonitorSpec' },
  ServiceMonitorSpec: {
    jobLabel: 'string',
    selector: 'V1LabelSelector',
    endpoints: 'Array<MonitoredEndpoint>',
    namespaceSelector: 'NamespaceSelector',
  },
  NamespaceSelector: { any: 'boolean', matchNames: 'Array<string>' },
  MonitoredEndpoint: {
    port: 'string',
    path: 'string',
    scheme: 'string',
    interval: 'string',
    scrapeTimeout: 'string',
    honorLabels: 'boolean',
    relabelings: 'Array<RelabelConfig>',
    metricRelabelings: 'Array<RelabelConfig>',
  },
  RelabelConfig: {
    sourceLabels: 'Array<string>',
    separator: 'string',
    targetLabel: 'string',
    regex: 'string',
    replacement: 'string',
    action: 'string',
  },
  PrometheusRule: { ...HEAD, spec: 'PrometheusRuleSpec' },
  PrometheusRuleSpec: { groups: 'Array<RuleGroup>' },
  RuleGroup: { name: 'string', interval: 'string', rules: 'Array<Rule>' },
  Rule: {
    alert: 'string',
    expr: 'IntOrString',
    for: 'string',
    keep_firing_for: 'string',
    labels: '{ [key: string]: string; }',
    annotations: '{ [key: string]: string; }',
  },
};
