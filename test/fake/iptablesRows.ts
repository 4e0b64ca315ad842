/** Restores, and whether iptables takes them: the fake is tested with these, and so is the real one. */
export interface RestoreRow {
  readonly name: string;
  /** Lines of one restore, after those in `FIRST`. */
  readonly input: readonly string[];
  /** Exit code of each backend; absent when it is taken. */
  readonly refused?: { readonly nft: number; readonly legacy: number };
}

/** Where every row starts: B is jumped to by A, and A by nobody. */
export const FIRST: readonly string[] = [
  '*nat',
  ':A - [0:0]',
  ':B - [0:0]',
  '-A A -j B',
  '-A B -j RETURN',
  'COMMIT',
];

const nat = (...lines: string[]): readonly string[] => ['*nat', ...lines, 'COMMIT'];
const filter = (...lines: string[]): readonly string[] => ['*filter', ...lines, 'COMMIT'];
const LONG = 'K'.repeat(28);

export const RESTORE_ROWS: readonly RestoreRow[] = [
  { name: 'nothing', input: [] },
  { name: 'a new chain', input: nat(':C - [0:0]') },
  { name: 'a chain that is there is emptied', input: nat(':A - [0:0]') },
  { name: 'a rule at the end', input: nat('-A B -j ACCEPT') },
  { name: 'a rule at the beginning', input: nat('-I B -j ACCEPT') },
  {
    name: 'a rule of the kernel’s chain',
    input: nat('-I PREROUTING -m comment --comment "kubernetes service portals" -j A'),
  },
  { name: 'a rule away', input: nat('-D A -j B') },
  { name: 'a rule away that is not there', input: nat('-D A -j RETURN'), refused: { nft: 1, legacy: 1 } },
  { name: 'jumps both ways of the file', input: nat(':C - [0:0]', ':D - [0:0]', '-A C -j D', '-A D -j B') },
  { name: 'a jump to a chain that is not there', input: nat('-A A -j NOPE'), refused: { nft: 2, legacy: 2 } },
  { name: 'a rule of a chain that is not there', input: nat('-A NOPE -j B'), refused: { nft: 1, legacy: 1 } },
  { name: 'a chain away', input: nat(':A - [0:0]', '-X A') },
  { name: 'a chain away that has rules', input: nat('-X A'), refused: { nft: 4, legacy: 1 } },
  {
    name: 'a chain away that is jumped to',
    input: nat(':B - [0:0]', '-X B'),
    refused: { nft: 4, legacy: 1 },
  },
  { name: 'both away, emptied first', input: nat(':A - [0:0]', ':B - [0:0]', '-X B', '-X A') },
  { name: 'a chain away that is not there', input: nat('-X NOPE'), refused: { nft: 1, legacy: 1 } },
  { name: 'a name of 28 characters', input: nat(`:${LONG} - [0:0]`) },
  { name: 'a name of 29 characters', input: nat(`:${LONG}K - [0:0]`), refused: { nft: 2, legacy: 2 } },
  { name: 'an unknown match', input: nat('-A A -m nope -j B'), refused: { nft: 2, legacy: 2 } },
  { name: 'an unknown option', input: nat('-A A --nope 1 -j B'), refused: { nft: 2, legacy: 2 } },
  { name: 'REJECT in table nat', input: nat('-A A -j REJECT'), refused: { nft: 4, legacy: 1 } },
  {
    name: 'DNAT to a port without a protocol',
    input: nat('-A A -j DNAT --to-destination 10.0.0.1:80'),
    refused: { nft: 2, legacy: 2 },
  },
  {
    name: 'an address of the other family',
    input: nat('-A A -d fd00::1 -j B'),
    refused: { nft: 2, legacy: 2 },
  },
  {
    name: 'a loop that packets can enter',
    input: nat(':B - [0:0]', '-A B -j A', '-A PREROUTING -j A'),
    refused: { nft: 4, legacy: 1 },
  },
  { name: 'an end without COMMIT', input: ['*nat', ':C - [0:0]'], refused: { nft: 1, legacy: 1 } },
  {
    name: 'a second table that is refused: the first one stays',
    input: [...filter(':F - [0:0]'), ...nat('-X NOPE')],
    refused: { nft: 1, legacy: 1 },
  },
  { name: 'an unknown table', input: ['*nope', 'COMMIT'], refused: { nft: 2, legacy: 2 } },
  {
    name: 'every kind of rule',
    input: [
      ...filter(
        ':F - [0:0]',
        '-A F -m conntrack --ctstate INVALID -j DROP',
        '-A F -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT',
        '-A F -m comment --comment "block" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
        '-A F -m comment --comment "ns/svc has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT',
      ),
      ...nat(
        ':C - [0:0]',
        '-A C -m comment --comment "ns/svc:http cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 80 ! -s 10.0.0.0/8 -j B',
        '-A C -m comment --comment ns/svc:http -m udp -p udp --dport 1000:2000 -j B',
        '-A C -m sctp -p sctp -d 10.96.0.1 --dport 80 -j B',
        '-A C -s 0.0.0.0/0 -j B',
        '-A C -s 10.0.0.1 -j MARK --or-mark 0x00004000',
        '-A C -j MARK --xor-mark 0x00004000',
        '-A C -m mark ! --mark 0x00004000/0x00004000 -j RETURN',
        '-A C -m statistic --mode random --probability 0.3333333333 -j B',
        '-A C -m statistic --mode random --probability 0.0000099999 -j B',
        '-A C -m recent --name KUBE-SEP-A --rcheck --seconds 10800 --reap -j B',
        '-A C -m recent --name KUBE-SEP-A --set -m tcp -p tcp -j DNAT --to-destination 10.0.0.1:80',
        '-A C -m addrtype --src-type LOCAL -j B',
        '-A C -m comment --comment "only a comment"',
        '-A C -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      ),
    ],
  },
];
