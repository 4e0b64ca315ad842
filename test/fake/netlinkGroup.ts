import type { GroupEvents, JoinGroup } from '../../src/host/netlink/group.ts';

/** A netlink group that tells what a test lets it tell, to as many as have joined it. */
export class FakeGroup {
  /** Why nobody can join. */
  refusal: Error | undefined;
  /** What each membership leaves out now, of those that have not ended. */
  readonly leftOut: number[][] = [];
  /** What waits to be received when a filter comes. */
  waiting: Buffer | undefined;
  joined = 0;
  closed = 0;
  #events: GroupEvents | undefined;

  readonly join: JoinGroup = (protocol, group, events) => {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (protocol !== 12 || group !== 7) return Promise.reject(new Error(`group ${group} of ${protocol}`));
    this.joined++;
    this.#events = events;
    return Promise.resolve({
      leaveOut: (ports) => {
        const waiting = this.waiting;
        this.waiting = undefined;
        if (waiting !== undefined) this.tell(waiting);
        this.leftOut.push([...ports]);
      },
      close: () => void this.closed++,
    });
  };

  tell(message: Buffer): void {
    // Behind it lies what earlier messages left there.
    this.#events?.received(Buffer.concat([message, Buffer.alloc(64, 0xff)]), message.length);
  }

  miss(reason: string): void {
    this.#events?.missed(reason);
  }
}
