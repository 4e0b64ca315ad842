/** `cache [TTL] [ZONES…] { … }` */
import type { CacheSettings, TtlRange } from '../../../dns/settings.ts';
import { UnusableConfig } from '../../place.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { secondsOf, wholeOf } from '../values.ts';
import { zonesOr } from '../zones.ts';

/** CoreDNS's where the line names none. */
const MAX_SUCCESS = 3600;
const MAX_DENIAL = 1800;
const MOST = 2 ** 31 - 1;
/** What this server keeps a failure for at most. */
const MAX_SERVFAIL = 5;

export function readCache(statement: Statement, block: BlockDraft, reading: Reading): void {
  const [first = '', ...rest] = statement.args;
  const ttl = /^\d+$/.test(first) ? wholeOf(first, 1, MOST, statement) : undefined;
  const zones = zonesOr(ttl === undefined ? statement.args : rest, block.zones, statement);
  const { cache: ground } = reading.ground.options;
  const settings: { -readonly [K in keyof CacheSettings]: CacheSettings[K] } = {
    ...ground,
    success: { min: ground.success.min, max: ttl ?? MAX_SUCCESS },
    denial: { min: ground.denial.min, max: ttl ?? MAX_DENIAL },
  };
  const disabled: Record<'success' | 'denial', readonly string[]> = { success: [], denial: [] };
  for (const line of statement.body ?? []) {
    const [kind] = line.args;
    switch (line.name) {
      case 'success':
      case 'denial':
        settings[line.name] = readRange(line, settings[line.name]);
        if (line.args.length > 0) reading.note(line, CAPACITY);
        break;
      case 'servfail':
        settings.servfail = Math.min(secondsOf(kind, line), MAX_SERVFAIL);
        break;
      case 'prefetch':
        settings.prefetch = wholeOf(kind, 0, MOST, line);
        break;
      case 'serve_stale':
        settings.serveStale = kind === undefined ? 3600 : secondsOf(kind, line);
        break;
      case 'disable':
        if (kind !== 'success' && kind !== 'denial') {
          throw new UnusableConfig(line, 'disable: expected success or denial');
        }
        disabled[kind] = [...disabled[kind], ...zonesOr(line.args.slice(1), zones, line)];
        break;
      default:
        reading.warn(line, `cache: ${line.name} is not offered`);
    }
  }
  block.caches.push({ zones, settings, disabled });
}

const CAPACITY = 'capacity: the cache is bounded in octets, by --dns-cache-size';

/** `CAPACITY [TTL [MINTTL]]` */
function readRange(line: Statement, range: TtlRange): TtlRange {
  const [capacity, max, min] = line.args;
  wholeOf(capacity, 1, MOST, line);
  return {
    max: max === undefined ? range.max : wholeOf(max, 0, MOST, line),
    min: min === undefined ? range.min : wholeOf(min, 0, MOST, line),
  };
}
