/** The API server by kubectl where there is one, else by curl: the demo asks for no more than it must. */
import { dump } from 'js-yaml';
import type { ApiTool, Manifest } from './step.ts';

/** Does all that the demo asks of kubectl, and changes nothing: its versions differ in what they expect of a server. */
export const KUBECTL_PROBE = 'kubectl create service clusterip probe --tcp=80 --dry-run=server';

/** Reads its server from $KUBECONFIG. */
export const kubectlTool: ApiTool = {
  name: 'kubectl',
  apply: (manifest) => `kubectl apply -f - <<'EOF'\n${dump(manifest).trimEnd()}\nEOF`,
  patchService: (name, patch) => `kubectl patch service ${name} --patch '${JSON.stringify(patch)}'`,
  scale: (deployment, replicas) => `kubectl scale deployment ${deployment} --replicas=${replicas}`,
  endpoints: (service) => `kubectl get endpointslices -l kubernetes.io/service-name=${service}`,
};

/** Reads its server from $API. */
export const curlTool: ApiTool = {
  name: 'curl',
  apply: (manifest) => post(`/api/v1/namespaces/shop/services`, manifest),
  patchService: (name, patch) => mergePatch(`/api/v1/namespaces/shop/services/${name}`, patch),
  scale: (name, replicas) =>
    mergePatch(`/apis/apps/v1/namespaces/shop/deployments/${name}/scale`, { spec: { replicas } }),
  endpoints: (service) =>
    `curl -s "$API/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=` +
    `kubernetes.io/service-name=${service}" | grep -o '"addresses":[^,]*'`,
};

const CURL = `curl -sS -o /dev/null -w 'HTTP status %{http_code}\\n'`;

function post(path: string, object: Manifest): string {
  const header = `-H 'content-type: application/json'`;
  return `${CURL} ${header} --data-binary @- "$API${path}" <<'EOF'\n${JSON.stringify(object, undefined, 2)}\nEOF`;
}

function mergePatch(path: string, patch: object): string {
  const header = `-H 'content-type: application/merge-patch+json'`;
  return `${CURL} -X PATCH ${header} -d '${JSON.stringify(patch)}' "$API${path}"`;
}
