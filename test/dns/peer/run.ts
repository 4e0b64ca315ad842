/**
 * Our answers beside Knot DNS's, which knows nothing of Kubernetes: `npm run differential -- [--clusters N] [--seed N]`.
 *
 * Random clusters are written down as zones, record by record. Both are asked the same names and types: those that are
 * there, those just beside and below them, with and without data. rcode, AA, the answer section and the owner of
 * the authority's SOA must be the same. What is meant to differ is counted, and named here:
 *
 * - additional addresses: Knot adds all of a SRV record's target, we those of its endpoints that have the port;
 * - an alias whose end in the zone is missing, or lacks the type: CoreDNS answers NODATA without the alias, and so do we.
 */
import { parseArgs } from 'node:util';
import { type Answer, decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { pictureOf } from '../support/cluster.ts';
import { makeResponder, TCP } from '../support/responder.ts';
import { cluster, type DrawnCluster, recordsOf } from '../model/cluster.ts';
import { ZoneModel } from '../model/zoneModel.ts';
import { hasKnot, Knot, ZONES } from './knot.ts';

const TYPES = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'MX', 'SOA'];

const { values } = parseArgs({
  options: {
    clusters: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
  },
});
const seed = Number(values.seed);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (!hasKnot()) {
  print('not run: knotd is not installed (Debian: apt-get install knot)');
  process.exit(0);
}
print(`seed ${seed}`);
let asked = 0;
let excused = 0;
const differences: string[] = [];
for (const drawn of fc.sample(cluster, { seed, numRuns: Number(values.clusters) })) await compare(drawn);
print(
  `${values.clusters} clusters, ${asked} questions, ${excused} differences that are meant, ${differences.length} others`,
);
for (const difference of differences.slice(0, 20)) print(difference);
process.exit(differences.length === 0 ? 0 : 1);

async function compare(drawn: DrawnCluster): Promise<void> {
  const model = new ZoneModel(drawn);
  const { responder } = makeResponder(pictureOf(recordsOf(drawn)), undefined, { ttl: 30, negativeTtl: 5 });
  const knot = await Knot.start(model);
  for (const name of namesAround(model)) {
    for (const type of TYPES) {
      const query = encode({ type: 'query', id: 1, questions: [{ name, type, class: 'IN' }] });
      const ours = await responder.respond(query, TCP);
      const theirs = told(await knot.ask(query));
      const own = told(Buffer.from(ours ?? []));
      asked += 1;
      const isAlias = own.text.startsWith('NOERROR aa |  | ') && theirs.text.includes(' CNAME ');
      const hasMore = [...own.additional].some((line) => !theirs.additional.has(line));
      if (hasMore || (own.text !== theirs.text && !isAlias)) {
        differences.push(`${name} ${type}\n  ours: ${shown(own)}\n  Knot: ${shown(theirs)}`);
      } else if (isAlias || own.additional.size < theirs.additional.size) excused += 1;
    }
  }
  await knot.stop();
}

/** Each that is there, one below it, and one beside it. */
function namesAround(model: ZoneModel): string[] {
  const all = model.names.flatMap((name) => [name, `nobody.${name}`, name.replace(/^[^.]+/, 'nobody')]);
  const served = all.filter((name) => ZONES.some((zone) => name === zone || name.endsWith(`.${zone}`)));
  return [...new Set(served)];
}

interface Told {
  /** `NOERROR aa | answers | owner of the SOA` */
  readonly text: string;
  readonly additional: ReadonlySet<string>;
}

function told(message: Buffer): Told {
  const { rcode, answers, additionals, authorities } = decode(message);
  const soa = authorities.filter(({ type }) => type === 'SOA').map(({ name }) => name);
  const aa = ((message[2] ?? 0) & 4) === 0 ? '' : ' aa';
  return {
    text: [`${rcode}${aa}`, answers.map(recordText).sort().join(', '), soa.join()].join(' | '),
    additional: new Set(additionals.filter(isData).map(recordText)),
  };
}

function shown({ text, additional }: Told): string {
  return `${text} | ${[...additional].sort().join(', ')}`;
}

function isData({ type }: Answer): boolean {
  return type !== 'OPT';
}

/** Serial numbers tell of each server's own history. */
function recordText(record: Answer): string {
  const { name, type, ttl, data } = record as Answer & { ttl?: number; data?: unknown };
  const told =
    typeof data === 'string' ? data : Object.entries(data ?? {}).filter(([key]) => key !== 'serial');
  return `${name} ${ttl} ${type} ${typeof told === 'string' ? told : told.map(([, value]) => String(value)).join(' ')}`;
}
