/** `import`: files and snippets take the place of the line that names them. */
import { type Place, UnusableConfig } from '../place.ts';
import { type Environment, tokensOf } from './lexer.ts';
import { type Block, readStatements, readTopLevel, type Statement } from './statement.ts';

export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/** Where the texts are that a configuration is made of: a folder, or the keys of a ConfigMap. */
export interface ConfigTexts {
  /**
   * The texts of the files that a name or a pattern (`*`, `?`, `[…]`) stands for, sorted by name. A name is relative
   * to the file that `from` names. Empty when there is none.
   */
  find(pattern: string, from: string): Promise<readonly ConfigText[]>;
}

/** Files that import each other would else be read for ever. */
const MAX_DEPTH = 20;

/**
 * All server blocks of a Corefile and of what it imports. A pattern may match nothing, which is how clouds leave a
 * place for their customers' files; a name must exist.
 * @throws UnusableConfig
 */
export async function expandCorefile(
  main: ConfigText,
  texts: ConfigTexts,
  env: Environment,
): Promise<readonly Block[]> {
  return new Expander(texts, env).blocks(main, 0);
}

class Expander {
  readonly #texts: ConfigTexts;
  readonly #env: Environment;
  readonly #snippets = new Map<string, readonly Statement[]>();

  constructor(texts: ConfigTexts, env: Environment) {
    this.#texts = texts;
    this.#env = env;
  }

  async blocks({ file, text }: ConfigText, depth: number): Promise<Block[]> {
    const found: Block[] = [];
    for (const item of readTopLevel(tokensOf(text, file, this.#env))) {
      if (item.kind === 'import') {
        for (const imported of await this.#files(item.statement, depth)) {
          found.push(...(await this.blocks(imported, depth + 1)));
        }
        continue;
      }
      const { block } = item;
      const [key = ''] = block.keys;
      const snippet = /^\((.+)\)$/.exec(key)?.[1];
      if (snippet === undefined) found.push({ ...block, body: await this.#expand(block.body, depth) });
      else this.#snippets.set(snippet, block.body);
    }
    return found;
  }

  async #expand(statements: readonly Statement[], depth: number): Promise<readonly Statement[]> {
    const found: Statement[] = [];
    for (const statement of statements) {
      if (statement.name !== 'import') {
        const body = statement.body === undefined ? undefined : await this.#expand(statement.body, depth);
        found.push({ ...statement, body });
        continue;
      }
      const snippet = this.#snippets.get(statement.args[0] ?? '');
      if (snippet !== undefined) {
        checkDepth(statement, depth);
        found.push(...(await this.#expand(snippet, depth + 1)));
        continue;
      }
      for (const { file, text } of await this.#files(statement, depth)) {
        const imported = readStatements(tokensOf(text, file, this.#env));
        found.push(...(await this.#expand(imported, depth + 1)));
      }
    }
    return found;
  }

  async #files(statement: Statement, depth: number): Promise<readonly ConfigText[]> {
    checkDepth(statement, depth);
    const [pattern, more] = statement.args;
    if (pattern === undefined || more !== undefined) {
      throw new UnusableConfig(statement, 'import needs one file, pattern or snippet');
    }
    const found = await this.#texts.find(pattern, statement.file);
    if (found.length === 0 && !/[*?[]/.test(pattern)) {
      throw new UnusableConfig(statement, `import: no file and no snippet ${pattern}`);
    }
    return found;
  }
}

function checkDepth(place: Place, depth: number): void {
  if (depth >= MAX_DEPTH) throw new UnusableConfig(place, 'import: files or snippets import each other');
}
