/** The picture once, for commands that only look. */
import { Catalog } from '../../catalog/catalog.ts';
import type { Picture } from '../../catalog/picture.ts';
import type { Settings } from '../../config/settings.ts';
import { aborted } from '../aborted.ts';
import { openSource, type SourceHost } from './sources.ts';
import { Publisher } from '../publisher.ts';
import { givenUp, whyUnread } from './unread.ts';

/**
 * Reads the source until Services and EndpointSlices are whole, and stops it. `undefined` when `signal` came first.
 * @throws Error when the source cannot be opened, or not be read in time
 */
export async function readPicture(
  settings: Settings,
  host: SourceHost,
  signal: AbortSignal | undefined,
): Promise<Picture | undefined> {
  const { source } = await openSource(settings, host);
  const { promise, resolve, reject } = Promise.withResolvers<Picture | undefined>();
  const publisher = new Publisher(host.clock, () => {
    catalog.publish();
    if (catalog.picture.synced) resolve(catalog.picture);
  });
  const catalog = new Catalog({ nodeName: settings.nodeName, onPending: () => publisher.wake() });
  void aborted(signal).then(() => resolve(undefined));
  const why = (): string => (catalog.picture.synced ? '' : whyUnread(source));
  void givenUp(host.clock, settings.sourceTimeout, why).then(reject);
  source.start(catalog);
  try {
    return await promise;
  } finally {
    await source.stop();
  }
}
