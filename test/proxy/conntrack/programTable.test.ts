import { describe, expect, test } from 'vitest';
import type { Exec, ExecResult } from '../../../src/host/exec.ts';
import { NetlinkError, NoNetlinkError } from '../../../src/host/netlink/netlinkError.ts';
import { createFlowTable } from '../../../src/proxy/conntrack/createFlowTable.ts';
import type { Flow } from '../../../src/proxy/conntrack/flowTable.ts';
import { ProgramFlowTable } from '../../../src/proxy/conntrack/programTable.ts';
import { FakeFlowTable } from '../../fake/flowTable.ts';
import { FakeLog } from '../../fake/log.ts';

const LISTED = `\
udp      17 29 src=10.0.0.2 dst=172.30.0.9 sport=4000 dport=80 [UNREPLIED] src=10.0.1.2 dst=10.0.0.2 sport=8080 dport=4000 mark=0 use=1
udp      17 117 src=10.0.0.2 dst=172.30.0.9 sport=4001 dport=80 packets=3 bytes=87 src=172.30.0.9 dst=10.0.0.2 sport=80 dport=4001 packets=2 bytes=58 [ASSURED] mark=0 use=1
udp      17 99 src=10.0.0.2 dst=172.30.0.9 sport=4000 dport=80 [UNREPLIED] src=10.0.1.2 dst=10.0.0.2 sport=8080 dport=4000 mark=0 zone=7 use=1
`;
const LISTED_6 = `\
udp      17 29 src=fd00:0:0::2 dst=fd00:172:0:0::9 sport=4000 dport=80 src=fd00:1:0::2 dst=fd00::2 sport=8080 dport=4000 [ASSURED] mark=0 use=1
`;
const NONE = 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n';

/** A `conntrack` that lists these flows in small pieces, and ends each deletion so. */
function program(listed: string, deleting: Partial<ExecResult> = {}): { exec: Exec; run: string[] } {
  const run: string[] = [];
  const exec: Exec = {
    run(argv, options) {
      run.push(argv.join(' '));
      if (argv[1] === '-D') return Promise.resolve({ code: 0, stdout: '', stderr: '', ...deleting });
      for (let at = 0; at < listed.length; at += 50) options?.onStdout?.(listed.slice(at, at + 50));
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    },
  };
  return { exec, run };
}

const textOf = (flow: Flow): string =>
  `${flow.destination} ${flow.destinationPort} answered by ${flow.replySource} ${flow.replySourcePort}`;

describe('the conntrack program', () => {
  test('lists flows, without those of other zones, and deletes the stale ones one by one', async () => {
    const { exec, run } = program(LISTED);
    const seen: string[] = [];
    const deletion = await new ProgramFlowTable(exec).deleteFlows('IPv4', 'UDP', (flow) => {
      seen.push(textOf(flow));
      return flow.replySourcePort === 8080;
    });
    expect(seen).toEqual([
      '172.30.0.9 80 answered by 10.0.1.2 8080',
      '172.30.0.9 80 answered by 172.30.0.9 80',
    ]);
    expect(deletion).toEqual({ deleted: 1, refused: '' });
    expect(run).toEqual([
      'conntrack -L -f ipv4 -p udp',
      'conntrack -D -f ipv4 -p udp --orig-src 10.0.0.2 --orig-dst 172.30.0.9 --orig-port-src 4000 ' +
        '--orig-port-dst 80 --reply-src 10.0.1.2 --reply-port-src 8080',
    ]);
  });

  test('tells IPv6 addresses as everything else here writes them', async () => {
    const seen: string[] = [];
    await new ProgramFlowTable(program(LISTED_6).exec).deleteFlows(
      'IPv6',
      'UDP',
      (flow) => seen.push(textOf(flow)) < 0,
    );
    expect(seen).toEqual(['fd00:172::9 80 answered by fd00:1::2 8080']);
  });

  test.each([
    ['a flow that has gone by itself', NONE, ''],
    [
      'a flow that stays',
      'conntrack v1.4.7 (conntrack-tools): Operation failed\n',
      'conntrack: Operation failed',
    ],
  ])('%s is not counted', async (_, stderr, refused) => {
    const { exec } = program(LISTED, { code: 1, stderr });
    expect(await new ProgramFlowTable(exec).deleteFlows('IPv4', 'UDP', () => true)).toEqual({
      deleted: 0,
      refused,
    });
  });

  test('that cannot list is an error', async () => {
    const exec: Exec = {
      run: () => Promise.resolve({ code: 127, stdout: '', stderr: 'conntrack: spawn conntrack ENOENT' }),
    };
    const deleting = new ProgramFlowTable(exec).deleteFlows('IPv4', 'UDP', () => true);
    await expect(deleting).rejects.toThrow('conntrack: spawn conntrack ENOENT');
  });
});

test('the conntrack program is asked for TCP, and tells what was never answered', async () => {
  const { exec, run } = program(
    'tcp      6 119 SYN_SENT src=10.0.0.2 dst=172.30.0.9 sport=4000 dport=80 [UNREPLIED] src=172.30.0.9 dst=10.0.0.2 sport=80 dport=4000 mark=0 use=1\n' +
      'tcp      6 431999 ESTABLISHED src=10.0.0.2 dst=172.30.0.9 sport=4001 dport=80 src=172.30.0.9 dst=10.0.0.2 sport=80 dport=4001 [ASSURED] mark=0 use=1\n',
  );
  const deletion = await new ProgramFlowTable(exec).deleteFlows('IPv4', 'TCP', ({ answered }) => !answered);
  expect(deletion).toEqual({ deleted: 1, refused: '' });
  expect(run).toEqual([
    'conntrack -L -f ipv4 -p tcp',
    'conntrack -D -f ipv4 -p tcp --orig-src 10.0.0.2 --orig-dst 172.30.0.9 --orig-port-src 4000 ' +
      '--orig-port-dst 80 --reply-src 172.30.0.9 --reply-port-src 80',
  ]);
});

describe('the flow table', () => {
  test('is netlink, and one failure of it is a failure', async () => {
    const { exec, run } = program(LISTED);
    const log = new FakeLog();
    const netlink = { deleteFlows: () => Promise.reject(new NetlinkError(16)) };
    await expect(
      createFlowTable({ netlink, exec, log }).deleteFlows('IPv4', 'UDP', () => true),
    ).rejects.toThrow('EBUSY');
    const working = createFlowTable({ netlink: new FakeFlowTable(), exec, log });
    expect(await working.deleteFlows('IPv4', 'UDP', () => true)).toEqual({ deleted: 0, refused: '' });
    expect([run, log.lines]).toEqual([[], []]);
  });

  test('is the program from then on where there is no netlink, and says so once', async () => {
    const { exec, run } = program(LISTED);
    const log = new FakeLog();
    let asked = 0;
    const netlink = {
      deleteFlows() {
        asked += 1;
        return Promise.reject(new NoNetlinkError('no native module: none for mips'));
      },
    };
    const table = createFlowTable({ netlink, exec, log });
    for (let i = 0; i < 2; i++) {
      expect(await table.deleteFlows('IPv4', 'UDP', () => true)).toEqual({ deleted: 2, refused: '' });
    }
    expect([asked, run.length]).toEqual([1, 6]);
    expect(log.messages('warn')).toEqual([
      'stale flows are deleted by the conntrack program, slowly: no native module: none for mips',
    ]);
  });
});
