import { describe, expect, test } from 'vitest';
import { deleteEntries } from '../../../src/host/netlink/conntrack.ts';
import { NetlinkError } from '../../../src/host/netlink/netlinkError.ts';
import type { NetlinkSocket } from '../../../src/host/netlink/socket.ts';
import { answer, DONE, TCP4, UDP4, UDP6, UNTRANSLATED, ZONE7 } from './dumps.ts';

const EPERM = 1;
const ENOENT = 2;
const EBUSY = 16;

/** Answers the dump with these pieces, and each batch of deletions as `deleting` says for each request in it. */
class FakeSocket implements NetlinkSocket {
  readonly sent: string[] = [];
  closed = false;
  readonly #waiting: Buffer[];
  readonly #deleting: (n: number) => number;
  #deletions = 0;

  constructor(dump: readonly Buffer[], deleting: (n: number) => number = () => 0) {
    this.#waiting = [...dump];
    this.#deleting = deleting;
  }

  send(bytes: Uint8Array): Promise<void> {
    const message = Buffer.from(bytes);
    this.sent.push(message.toString('hex'));
    const answers: Buffer[] = [];
    for (let at = 0; message.readUInt8(at + 4) === 2; at += message.readUInt32LE(at)) {
      const errno = this.#deleting(this.#deletions++);
      const acknowledged = (message.readUInt16LE(at + 6) & 4) !== 0;
      // As the kernel: success is told to who asks for it, failure to everybody.
      if (errno !== 0 || acknowledged) answers.push(answer(message.readUInt32LE(at + 8), errno));
      if (at + message.readUInt32LE(at) >= message.length) break;
    }
    if (answers.length > 0) this.#waiting.push(...answers);
    return Promise.resolve();
  }

  receive(into: Uint8Array): Promise<number> {
    const piece = this.#waiting.shift();
    if (piece === undefined) return Promise.reject(new NetlinkError(11));
    into.set(piece);
    return Promise.resolve(piece.length);
  }

  close(): void {
    this.closed = true;
  }
}

describe('UDP entries', () => {
  test('are dumped with a filter, and those that are stale are deleted by tuple and id', async () => {
    const socket = new FakeSocket([Buffer.concat([UDP4, TCP4]), Buffer.concat([ZONE7, UNTRANSLATED]), DONE]);
    const seen: string[] = [];
    const deletion = await deleteEntries(
      'IPv4',
      'UDP',
      (flow) => {
        seen.push(`${flow.destination} by ${flow.replySource}`);
        return flow.replySourcePort === 8080;
      },
      () => Promise.resolve(socket),
    );
    expect(seen).toEqual(['172.30.0.9 by 10.0.1.2', '172.30.0.9 by 172.30.0.9']);
    expect(deletion).toEqual({ deleted: 1, refused: '' });
    expect(socket.sent).toEqual([
      // CT_GET, dump, family 2; orig protocol 17; filter on the orig protocol.
      '30000000' +
        '0101' +
        '0103' +
        '01000000' +
        '00000000' +
        '02000000' +
        '10000180' +
        '0c000280' +
        '0500010011000000' +
        '0c001980' +
        '0800010008000000',
      // CT_DELETE, acknowledged, family 2; the tuple as it came; the id.
      '50000000' +
        '0201' +
        '0500' +
        '01000000' +
        '00000000' +
        '02000000' +
        UDP4.toString('hex', 20, 72) +
        '08000c0023383781',
    ]);
    expect(socket.closed).toBe(true);
  });

  test('of TCP are asked for by its number, and no others are deleted', async () => {
    const socket = new FakeSocket([Buffer.concat([UDP4, TCP4]), DONE]);
    const deletion = await deleteEntries(
      'IPv4',
      'TCP',
      () => true,
      () => Promise.resolve(socket),
    );
    expect(deletion).toEqual({ deleted: 1, refused: '' });
    expect(socket.sent[0]).toContain('0500010006000000');
    expect(socket.sent[1]).toContain(TCP4.toString('hex', 20, 72));
  });

  test('of IPv6 are asked for as such', async () => {
    const socket = new FakeSocket([UDP6, DONE]);
    expect(
      await deleteEntries(
        'IPv6',
        'UDP',
        () => true,
        () => Promise.resolve(socket),
      ),
    ).toEqual({
      deleted: 1,
      refused: '',
    });
    expect(socket.sent.map((message) => message.slice(32, 34))).toEqual(['0a', '0a']);
  });

  test('are deleted in batches, of which only the last request is acknowledged', async () => {
    const socket = new FakeSocket([...Array.from({ length: 300 }, () => UDP4), DONE]);
    const deletion = await deleteEntries(
      'IPv4',
      'UDP',
      () => true,
      () => Promise.resolve(socket),
    );
    expect(deletion).toEqual({ deleted: 300, refused: '' });
    const flags = socket.sent
      .slice(1)
      .map((batch) => batch.match(/.{160}/g)?.map((one) => one.slice(12, 16)));
    expect(flags.map((batch) => batch?.length)).toEqual([128, 128, 44]);
    expect(flags.map((batch) => batch?.indexOf('0500'))).toEqual([127, 127, 43]);
  });

  test.each([
    ['that are gone already are not counted, and nothing is wrong', ENOENT, 2, ''],
    ['that the kernel keeps are told', EBUSY, 2, 'resource busy or locked (EBUSY)'],
  ])('%s', async (_, errno, deleted, refused) => {
    for (const failing of [0, 2]) {
      const socket = new FakeSocket([UDP4, UDP4, UDP4, DONE], (n) => (n === failing ? errno : 0));
      const deletion = await deleteEntries(
        'IPv4',
        'UDP',
        () => true,
        () => Promise.resolve(socket),
      );
      expect(deletion).toEqual({ deleted, refused });
    }
  });

  test('that may not be read are an error that says so, and the socket is closed', async () => {
    const socket = new FakeSocket([answer(1, EPERM)]);
    const deleting = deleteEntries(
      'IPv4',
      'UDP',
      () => true,
      () => Promise.resolve(socket),
    );
    await expect(deleting).rejects.toThrow('operation not permitted (EPERM): needs CAP_NET_ADMIN');
    expect(socket.closed).toBe(true);
  });
});
