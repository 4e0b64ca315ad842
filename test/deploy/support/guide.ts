/** The commands of a guide that are run: those of its blocks `console kubectl`, or of another word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from './kustomize.ts';

/** In their order, without the prompt. */
export function commandsOf(document: string, word: 'kubectl' | 'playground' = 'kubectl'): readonly string[] {
  const text = readFileSync(join(DEPLOY, '..', document), 'utf8');
  const blocks = text.matchAll(/^```console (\w+)\n(.*?)^```$/gms);
  const chosen = [...blocks].filter(([, of]) => of === word);
  return chosen.flatMap(([, , block = '']) =>
    [...block.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command),
  );
}
