import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, onTestFinished, test } from 'vitest';

// The documents speak to people who copy from them: whatever can be run is run, the rest is held against the code.
const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'DEPENDENCIES.md', 'CHANGELOG.md', ...inDocs()];

interface Block {
  readonly document: string;
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const blocks = DOCUMENTS.flatMap(blocksOf);
const commands = blocks
  .filter((block) => /^(console|sh)\b/.test(block.info))
  .flatMap((block) => steps(block).map((step) => ({ ...step, where: `${block.document}:${block.line}` })));

function inDocs(): string[] {
  return readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function blocksOf(document: string): Block[] {
  const found: Block[] = [];
  const text = read(document);
  for (const match of text.matchAll(/^```(\S[^\n]*)\n(.*?)^```$/gms)) {
    const line = text.slice(0, match.index).split('\n').length;
    found.push({ document, line, info: match[1] ?? '', text: match[2] ?? '' });
  }
  return found;
}

/** `$ command` and the output that follows it. */
function steps(block: Block): { command: string; output: string; run: boolean }[] {
  return block.text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n');
      return { command, output: output.join('\n').trimEnd(), run: block.info.includes('run') };
    });
}

function fairlead(args: readonly string[]): string {
  return execFileSync(join(ROOT, 'bin/fairlead'), args, { cwd: ROOT, encoding: 'utf8' }).trimEnd();
}

describe('commands in the documents', () => {
  test('there are some of each kind', () => {
    expect(commands.some((step) => step.run)).toBe(true);
    expect(commands.some((step) => step.command.startsWith('npm '))).toBe(true);
  });

  test.each(commands.filter((step) => step.command.startsWith('npm ')))('$where: $command', ({ command }) => {
    const script = /^npm (?:run )?([\w:]+)/.exec(command)?.[1] ?? '';
    expect(manifest.scripts).toHaveProperty([script]);
  });

  test.each(commands.filter((step) => step.run))('$where: $command prints what is shown', (step) => {
    const [program, ...args] = step.command.split(' ');
    expect(program).toBe('bin/fairlead');
    expect(fairlead(args)).toBe(step.output);
  });

  const others = commands.filter((step) => !step.run && /(^|\s|\/)fairlead \w/.test(step.command));
  test.each(others)('$where: $command names a command and flags that exist', ({ command }) => {
    const [name = '', ...rest] = command.replace(/^.*?fairlead /, '').split(/\s+/);
    const help = fairlead([name, '--help']);
    const flags = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
    for (const flag of flags.filter((word) => word.startsWith('-'))) {
      expect(help).toContain(flag.split('=')[0]);
    }
  });

  test.each(blocks.filter((block) => block.info.startsWith('yaml')))('$document:$line parses', ({ text }) => {
    expect(() => loadAll(text)).not.toThrow();
  });

  const configurations = blocks.filter(({ text }) => text.includes('kind: FairleadConfiguration'));
  test.each(configurations)('$document:$line is a configuration that is taken', ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-docs-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'fairlead.yaml');
    writeFileSync(file, text);
    const source = ['--manifests', 'docs/examples/shop.yaml', '--node-name', 'node-1'];
    expect(fairlead(['render', '--config', file, ...source])).toContain('KUBE-SERVICES');
  });
});

describe('links', () => {
  const links = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => ({
      document,
      target: match[1] ?? '',
    })),
  );
  test.each(links)('$document points at $target', ({ document, target }) => {
    expect(existsSync(join(ROOT, dirname(document), target))).toBe(true);
  });
});

describe('DEPENDENCIES.md', () => {
  const ledger = read('DEPENDENCIES.md');
  const packages = { ...manifest.dependencies, ...manifest.devDependencies };

  test.each(Object.entries(packages))('has a line for %s, with its licence', (name, version) => {
    const installed = JSON.parse(read(`node_modules/${name}/package.json`)) as {
      version: string;
      license: string;
    };
    expect(installed.version).toBe(version);
    const line = ledger.split('\n').find((row) => row.startsWith('|') && row.includes(`\`${name}\``));
    expect(line).toContain(installed.license);
  });

  test('has no line for a package that is gone', () => {
    const named = ledger
      .split('\n')
      .flatMap((row) =>
        row.startsWith('|')
          ? [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
          : [],
      );
    expect(named.filter((name) => packages[name] === undefined)).toEqual([]);
  });
});
