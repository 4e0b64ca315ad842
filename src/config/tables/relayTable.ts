/** The settings of what carries connections in userspace mode. */
import type { RelaySettings } from '../settings.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

const DAY_MS = 86_400_000;

export const RELAY: SettingTable<RelaySettings> = {
  relayMaxConnections: {
    group: 'Userspace mode',
    flag: 'relay-max-connections',
    value: 'NUMBER',
    help: 'connections and UDP sessions carried at once; fewer where the limit of open files, two for each, says so',
    default: '50000',
    reader: read.whole(1, 1_000_000),
  },
  relayDrain: {
    group: 'Userspace mode',
    flag: 'relay-drain',
    value: 'DURATION',
    help: 'how long carried connections may go on once the kernel routes their Service; then they are reset',
    default: '1h',
    reader: read.milliseconds(0, DAY_MS),
  },
  relayStopDrain: {
    group: 'Userspace mode',
    flag: 'relay-stop-drain',
    value: 'DURATION',
    help: 'how long they may go on when the agent stops: whoever stops it must wait as long',
    default: '3s',
    reader: read.milliseconds(0, 600_000),
  },
  udpIdleTimeout: {
    group: 'Userspace mode',
    flag: 'udp-timeout',
    value: 'DURATION',
    help: 'how long a UDP session without a packet either way is kept',
    default: '2m',
    reader: read.milliseconds(1, DAY_MS),
  },
};
