/** The server blocks of a Corefile that this agent serves. */
import { UnusableConfig } from '../place.ts';
import { readPlugin } from './plugins/plugins.ts';
import { type BlockDraft, emptyDraft, type Reading } from './reading.ts';
import type { Block } from './statement.ts';
import { readServerKey } from './zones.ts';

interface Served {
  readonly block: Block;
  readonly zones: readonly string[];
}

/** @throws UnusableConfig */
export async function readServerBlocks(blocks: readonly Block[], reading: Reading): Promise<BlockDraft[]> {
  const drafts: BlockDraft[] = [];
  for (const { block, zones } of servedOf(blocks, reading)) {
    const draft = emptyDraft(zones, block);
    for (const statement of block.body) await readPlugin(statement, draft, reading);
    drafts.push(draft);
  }
  return drafts;
}

/**
 * Queries come to one set of addresses here, so blocks of one port are served: that of the cluster's names. A zone
 * that two of them have would be CoreDNS's to refuse.
 */
function servedOf(blocks: readonly Block[], reading: Reading): Served[] {
  const main = blocks.find(({ body }) => body.some(({ name }) => name === 'kubernetes')) ?? blocks[0];
  const [mainKey = '.'] = main?.keys ?? [];
  const { port } = readServerKey(mainKey, main ?? { file: '', line: 0 });
  const taken = new Set<string>();
  return blocks.flatMap((block) => {
    // Its condition would be left out, and its rules hold for everybody.
    if (block.body.some(({ name }) => name === 'view')) {
      reading.warn(block, 'the server block is not in force: plugin view is not offered');
      return [];
    }
    const zones = block.keys.flatMap((text) => {
      const key = readServerKey(text, block);
      if (key.scheme !== 'dns' || key.port !== port) {
        reading.warn(
          block,
          `${text} is not served: names are answered by UDP and TCP, on one set of addresses`,
        );
        return [];
      }
      return key.zones;
    });
    for (const zone of zones) {
      if (taken.has(zone))
        throw new UnusableConfig(block, `zone ${zone === '' ? '.' : zone} has two server blocks`);
      taken.add(zone);
    }
    return zones.length === 0 ? [] : [{ block, zones }];
  });
}
