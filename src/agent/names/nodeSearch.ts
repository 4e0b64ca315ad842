/** What the kubelet appends to the search list of each pod: that of the node. */
import { readFile } from 'node:fs/promises';
import { parseSearch } from '../../dns/forward/upstreams/resolvConf.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Log } from '../../telemetry/log.ts';
import { RESOLV_CONF } from './forwardSettings.ts';

/** From our own resolv.conf, which for a pod on the host's network is the file that the kubelet takes it from. */
export async function nodeSearch(log: Pick<Log, 'warn'>): Promise<readonly string[]> {
  try {
    return parseSearch(await readFile(RESOLV_CONF, 'utf8'));
  } catch (error) {
    const reason = messageOf(error);
    log.warn(
      { error: reason },
      'no resolv.conf: the search lists of pods are taken to end with the cluster domain',
    );
    return [];
  }
}
