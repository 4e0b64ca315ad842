/**
 * Writes a snapshot into a folder, and stops for good before one of its steps, saying so: for a test that kills it
 * there. Arguments: the folder, the number of the step, the node's name.
 */
import { stateFolder } from '../../src/host/stateFolder.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { makeCluster } from './cluster.ts';

const [path = '', step = '', node = ''] = process.argv.slice(2);
const folder = stateFolder(path);
let steps = 0;

async function reached(): Promise<void> {
  if (steps++ !== Number(step)) return;
  process.stdout.write('there\n');
  // Something must keep the process alive.
  setInterval(() => undefined, 60_000);
  await new Promise(() => undefined);
}

const { records } = makeCluster({ services: 400, endpointsPerService: 3, namespaces: 2, nodes: 2 });
await writeSnapshot(
  {
    async create(name) {
      await reached();
      const file = await folder.create(name);
      return {
        write: (octets) => reached().then(() => file.write(octets)),
        sync: () => reached().then(() => file.sync()),
        close: () => reached().then(() => file.close()),
      };
    },
    rename: (from, to) => reached().then(() => folder.rename(from, to)),
    sync: () => reached().then(() => folder.sync()),
    remove: (name) => reached().then(() => folder.remove(name)),
    list: () => folder.list(),
    read: (name, maxOctets) => folder.read(name, maxOctets),
  },
  { head: { cluster: 'c', node, boot: 'b', writtenAt: 1 }, records },
);
process.stdout.write(`${steps}\n`);
