/**
 * Questions and what they must be answered, as text in the manner of a zone file with `$ORIGIN cluster.local.`:
 *
 *     K03 svc1.testns.svc SRV
 *       svc1.testns.svc 5 SRV 0 100 80 svc1.testns.svc
 *       + svc1.testns.svc 5 A 10.0.0.1
 *
 * Names without a dot at the end are relative; `@` is the origin. Below the question stand the answers, with `+`
 * the additional records, or one word: NODATA, NXDOMAIN, SERVFAIL or REFUSED. `skip` and a reason: not run.
 */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly outcome: 'NOERROR' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  /** `name ttl type data`, names in full with a dot at the end, sorted. */
  readonly answers: readonly string[];
  readonly additional: readonly string[];
  readonly skip: string | undefined;
}

const ORIGIN = 'cluster.local.';

export function parseRows(text: string): Row[] {
  const blocks = text.trim().split(/\n\s*\n/);
  return blocks.map(parseRow);
}

function parseRow(block: string): Row {
  const [head = '', ...lines] = block.split('\n').map((line) => line.trim());
  const [id = '', name = '', type = 'A'] = head.split(/\s+/);
  const skip = lines.find((line) => line.startsWith('skip '))?.slice(5);
  const word = lines.find((line) => /^(NODATA|NXDOMAIN|SERVFAIL|REFUSED)$/.test(line));
  const records = lines.filter((line) => line !== word && !line.startsWith('skip '));
  if (skip === undefined && word === undefined && records.length === 0)
    throw new Error(`${id}: expects nothing`);
  return {
    id,
    name: absolute(name),
    type,
    outcome: (word ?? 'NOERROR') as Row['outcome'],
    answers: records
      .filter((line) => !line.startsWith('+'))
      .map(record)
      .sort(),
    additional: records
      .filter((line) => line.startsWith('+'))
      .map((line) => record(line.slice(1).trim()))
      .sort(),
    skip,
  };
}

/** Types whose last word is a name. */
const NAMING = new Set(['SRV', 'CNAME', 'PTR', 'NS']);

function record(line: string): string {
  const [name = '', ttl = '', type = '', ...data] = line.split(/\s+/);
  const last = data.length - 1;
  if (type === 'SOA') data.splice(0, 2, absolute(data[0] ?? ''), absolute(data[1] ?? ''));
  else if (NAMING.has(type)) data[last] = absolute(data[last] ?? '');
  return [absolute(name), ttl, type, ...data].join(' ');
}

function absolute(name: string): string {
  if (name === '@') return ORIGIN;
  return name.endsWith('.') ? name : `${name}.${ORIGIN}`;
}
