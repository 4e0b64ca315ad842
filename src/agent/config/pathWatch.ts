/** Signs that a file, or something in a folder, may have changed; such as a ConfigMap that is mounted. */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../host/clock.ts';

/**
 * Looked at so often, whatever the file system tells of changes: what a file imports may be anywhere, and network file
 * systems tell nothing.
 */
const POLL_MS = 2000;

export interface PathWatch {
  stop(): void;
}

/** Calls `onChange` when something may have changed; it need not have. */
export function watchPath(path: string, clock: Clock, onChange: () => void): PathWatch {
  let timer: Timer | undefined;
  let watcher: FSWatcher | undefined;
  const next = (): void => {
    watcher ??= watchFolder(path, onChange, () => (watcher = undefined));
    timer = clock.after(POLL_MS, () => {
      onChange();
      next();
    });
  };
  next();
  return {
    stop() {
      timer?.cancel();
      watcher?.close();
    },
  };
}

/** Never the file itself: one that is replaced by renaming is another file, and its watch falls silent. */
function watchFolder(path: string, onChange: () => void, onLost: () => void): FSWatcher | undefined {
  try {
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    const watcher = watch(folder, { persistent: false }, onChange);
    return watcher.on('error', () => {
      watcher.close();
      onLost();
    });
  } catch {
    // Not there, or no watches left: reading says what is wrong, and polling finds what changes.
    return undefined;
  }
}
