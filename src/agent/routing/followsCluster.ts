/** kube-proxy's: two of its sync periods of 30 s. */
const STUCK_MS = 60_000;

/** Whether rules follow the cluster: `waitingMs` is how long the oldest change has waited to be programmed. */
export function followsCluster(waitingMs: number): boolean {
  return waitingMs < STUCK_MS;
}
