/** The part of a Pod's status that controllers and people read. */

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restartCount: number;
  /** Why it does not run, as `kubectl` shows it: CrashLoopBackOff. It runs without one. */
  readonly waiting?: { readonly reason: string; readonly message?: string };
}

export interface PodAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** @param now RFC 3339; it became so at this time */
export function podStatus({ ipv4, ipv6 }: PodAddresses, container: ContainerState, now: string): object {
  const { name, image, ready, restartCount, waiting } = container;
  const condition = (type: string, status: boolean): object => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: now,
  });
  return {
    phase: 'Running',
    podIP: ipv4,
    podIPs: [{ ip: ipv4 }, { ip: ipv6 }],
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: [
      {
        name,
        image,
        ready,
        started: waiting === undefined,
        restartCount,
        state: waiting === undefined ? { running: { startedAt: now } } : { waiting },
      },
    ],
  };
}
