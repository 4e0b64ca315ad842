/** `fairlead render`: from a source to rules as text. */
import type { Settings } from '../../config/settings.ts';
import { systemClock } from '../../host/clock.ts';
import { localAddresses } from '../../host/interfaces.ts';
import type { Problem } from '../../kube/problem.ts';
import type { Family } from '../../net/ip.ts';
import { renderRuleset } from '../../proxy/iptables/render.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { proxySettings } from './proxySettings.ts';
import { readPicture } from '../source/readPicture.ts';

export interface RenderOptions {
  readonly settings: Settings;
  readonly family: Family;
  /** `namespace/name` of the one Service to show. */
  readonly only: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
}

export interface Rendered {
  /** Empty when the Service asked for is not there. */
  readonly rules: string;
  readonly problems: readonly Problem[];
}

/** `undefined` when the signal came before the source was read. @throws Error when the source cannot be opened */
export async function renderRules(options: RenderOptions): Promise<Rendered | undefined> {
  const { settings, family, only, env, signal } = options;
  // Warnings only: why a source cannot be read is what one who waits wants to know.
  const log = createLogger({ level: 'warn', format: 'text' });
  const picture = await readPicture(settings, { env, clock: systemClock, log }, signal);
  log.flush();
  if (picture === undefined) return undefined;
  return {
    rules: renderRuleset(picture, proxySettings(settings), family, await localAddresses(), only),
    problems: [...picture.problems.values()].flat(),
  };
}
