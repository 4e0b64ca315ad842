/** The settings of connection tracking, under kube-proxy's names and with its defaults. */
import type { ConntrackSettings } from '../settings.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

/** What the kernel's parameters hold. */
const MOST = 2 ** 31 - 1;

export const CONNTRACK: SettingTable<ConntrackSettings> = {
  conntrackMaxPerCore: {
    group: 'Connection tracking',
    flag: 'conntrack-max-per-core',
    value: 'NUMBER',
    help: 'connections that may be tracked for each CPU; 0 leaves the limit alone',
    default: '32768',
    reader: read.whole(0, MOST),
  },
  conntrackMin: {
    group: 'Connection tracking',
    flag: 'conntrack-min',
    value: 'NUMBER',
    help: 'connections that may be tracked at least, however few the CPUs',
    default: '131072',
    reader: read.whole(0, MOST),
  },
  conntrackTCPEstablishedTimeout: {
    group: 'Connection tracking',
    flag: 'conntrack-tcp-timeout-established',
    value: 'DURATION',
    help: 'how long an idle TCP connection is remembered; 0 leaves it alone',
    default: '24h',
    reader: read.seconds,
  },
  conntrackTCPCloseWaitTimeout: {
    group: 'Connection tracking',
    flag: 'conntrack-tcp-timeout-close-wait',
    value: 'DURATION',
    help: 'how long a TCP connection that one side closed is remembered; 0 leaves it alone',
    default: '1h',
    reader: read.seconds,
  },
  conntrackTCPBeLiberal: {
    group: 'Connection tracking',
    flag: 'conntrack-tcp-be-liberal',
    help: 'take TCP packets outside the window for valid ones, and do not drop INVALID ones',
    default: false,
    reader: read.yesNo,
  },
  conntrackUDPTimeout: {
    group: 'Connection tracking',
    flag: 'conntrack-udp-timeout',
    value: 'DURATION',
    help: 'how long a UDP flow without an answer is remembered; 0 leaves it alone',
    default: '0s',
    reader: read.seconds,
  },
  conntrackUDPStreamTimeout: {
    group: 'Connection tracking',
    flag: 'conntrack-udp-timeout-stream',
    value: 'DURATION',
    help: 'how long an answered UDP flow is remembered; 0 leaves it alone',
    default: '0s',
    reader: read.seconds,
  },
};
