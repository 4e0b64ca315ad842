/** Where a DNS configuration comes from: files, or ConfigMaps of the API. */
import type { ConfigText, ConfigTexts } from '../../../config/corefile/expand.ts';
import type { KubeDnsTexts } from '../../../config/kubeDns.ts';

export interface ConfigSource {
  /** As status tells it: `/etc/coredns`, `ConfigMap kube-system/coredns`. */
  readonly name: string;
  /** What there is now. Rejects when that cannot be known. */
  read(): Promise<ConfigContents>;
  /** Calls `onChange` when something may have changed; it need not have. */
  watch(onChange: () => void): void;
  stop(): Promise<void>;
}

/** Nothing at all is possible: a ConfigMap that nobody made yet. */
export interface ConfigContents {
  readonly corefile: ConfigText | undefined;
  readonly kubeDns: KubeDnsTexts;
  /** For what the Corefile imports. */
  readonly texts: ConfigTexts;
}

/** Remembers what was asked for, so that it can be asked again whether any of it differs. */
export class RecordedTexts implements ConfigTexts {
  readonly #texts: ConfigTexts;
  readonly #asked: { pattern: string; from: string; found: readonly ConfigText[] }[] = [];

  constructor(texts: ConfigTexts) {
    this.#texts = texts;
  }

  async find(pattern: string, from: string): Promise<readonly ConfigText[]> {
    const found = await this.#texts.find(pattern, from);
    this.#asked.push({ pattern, from, found });
    return found;
  }

  /** Whether everything that was asked for is the same in `texts`. */
  async sameIn(texts: ConfigTexts): Promise<boolean> {
    for (const { pattern, from, found: before } of this.#asked) {
      const now = await texts.find(pattern, from);
      if (now.length !== before.length) return false;
      if (!now.every((item, i) => sameText(item, before[i]))) return false;
    }
    return true;
  }
}

export function sameText(a: ConfigText | undefined, b: ConfigText | undefined): boolean {
  return a?.file === b?.file && a?.text === b?.text;
}
