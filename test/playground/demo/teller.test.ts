import { expect, test } from 'vitest';
import { Teller, wrap } from '../../../src/playground/demo/teller.ts';

function told(colours: boolean, tell: (teller: Teller) => void): string {
  let text = '';
  tell(
    new Teller({
      colours,
      write: (more) => {
        text += more;
      },
    }),
  );
  return text;
}

function everything(teller: Teller): void {
  teller.title('A title');
  teller.story('Words\n    of a story.');
  teller.command('here', 'kubectl get pods');
  teller.command('client-1', 'cat <<EOF\nx\nEOF');
  teller.output('no line end');
  teller.output('a line end\n');
  teller.remark('A remark.');
  teller.good('Held');
  teller.bad('Broke');
}

test('plain text in a pipe', () => {
  const text = told(false, everything);
  expect(text).toBe(
    [
      '',
      `── A title ${'─'.repeat(89)}`,
      'Words of a story.',
      '',
      '$ kubectl get pods',
      'client-1$ cat <<EOF',
      'x',
      'EOF',
      'no line end',
      'a line end',
      '  # A remark.',
      '  ✓ Held',
      '  ✗ Broke',
      '',
    ].join('\n'),
  );
});

test('colours change nothing but colours', () => {
  const coloured = told(true, everything);
  expect(coloured).toContain('\u001B[1;36m');
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  expect(coloured.replaceAll(/\u001B\[[\d;]*m/g, '')).toBe(told(false, everything));
});

test('no colour runs over the end of a line', () => {
  for (const line of told(true, everything).split('\n')) {
    if (line.includes('\u001B[')) expect(line.endsWith('\u001B[0m')).toBe(true);
  }
});

test.each([
  ['', 10, ['']],
  ['one two', 10, ['one two']],
  ['one two three', 7, ['one two', 'three']],
  ['unbreakable words', 4, ['unbreakable', 'words']],
])('wrap(%j, %d)', (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});
