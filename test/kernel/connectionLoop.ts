/** A pod that makes connections one after the other, through whatever happens to the rules. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Netns } from '../../src/playground/network/netns.ts';
import type { TestNet } from '../support/net.ts';

export class ConnectionLoop {
  readonly #child: ChildProcess;
  #made = 0;
  readonly failed: string[] = [];

  /** A new connection as soon as the last one is done. */
  constructor(net: TestNet, client: Netns, url: string) {
    const script = `while :; do curl -gso /dev/null -m 5 '${url}' && echo ok || echo "${url} failed: $?"; done`;
    this.#child = net.start(client, 'sh', '-c', script);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        this.#made++;
        if (line !== 'ok') this.failed.push(line);
      }
    });
  }

  /** Until ten more were made. */
  async more(): Promise<void> {
    const enough = this.#made + 10;
    while (this.#made < enough && this.#child.stdout !== null) await once(this.#child.stdout, 'data');
  }
}

/** One a URL. */
export class ConnectionLoops {
  readonly #loops: readonly ConnectionLoop[];

  constructor(net: TestNet, client: Netns, urls: readonly string[]) {
    this.#loops = urls.map((url) => new ConnectionLoop(net, client, url));
  }

  get failed(): readonly string[] {
    return this.#loops.flatMap(({ failed }) => failed);
  }

  async more(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.more()));
  }
}
