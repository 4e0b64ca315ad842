/** An API server that is reached at a clusterIP: by way of rules which nobody but this agent writes. */
import type { Picture } from '../../catalog/picture.ts';
import { serverAddress } from '../../kube/transport/serverAddress.ts';
import type { Log } from '../../telemetry/log.ts';

/** That of the API server, in every cluster. */
const SERVICE = 'default/kubernetes';

export class ApiAddress {
  readonly #address: string | undefined;
  readonly #log: Log;
  #told = false;

  /** `server` is the API server's URL; `undefined` where there is none, or where others route Services. */
  constructor(server: string | undefined, log: Log) {
    this.#address = server === undefined ? undefined : serverAddress(server);
    this.#log = log;
  }

  /**
   * Before anything can be read. The kubelet tells every container the clusterIP as `KUBERNETES_PORT`, and leaves that
   * alone where a pod sets KUBERNETES_SERVICE_HOST by itself.
   */
  starting(env: Readonly<Record<string, string | undefined>>): void {
    const told = env['KUBERNETES_PORT'];
    if (told !== undefined && serverAddress(told) === this.#address) this.#tell();
  }

  /** Once the cluster's Services are known. */
  known(picture: Pick<Picture, 'services'>): void {
    const { clusterIPs = [] } = picture.services.get(SERVICE)?.service ?? {};
    if (clusterIPs.some((clusterIP) => clusterIP === this.#address)) this.#tell();
  }

  #tell(): void {
    if (this.#told || this.#address === undefined) return;
    this.#told = true;
    this.#log.warn(
      { address: this.#address },
      `the API server is asked at the clusterIP of Service ${SERVICE}, which leads nowhere on a node that starts anew ` +
        "until this agent has written its rules: set KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT to the API server's own address, or give --kubeconfig",
    );
  }
}
