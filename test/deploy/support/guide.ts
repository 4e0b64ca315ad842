/** The commands of a guide that are run: those of its blocks `console kubectl`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from './kustomize.ts';

/** In their order, without the prompt. */
export function commandsOf(document: string): readonly string[] {
  const text = readFileSync(join(DEPLOY, '..', document), 'utf8');
  const blocks = text.matchAll(/^```console kubectl\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) =>
    [...block.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command),
  );
}
