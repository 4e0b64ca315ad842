/** A download of a pod, slow enough that things happen meanwhile. */
import { createHash } from 'node:crypto';
import { downloadFile } from '../../pod/file.ts';
import type { Place, Stage } from '../step.ts';

/** 16 MiB take four seconds; a busy machine takes longer over the steps, and that is no matter. */
const RATE = '4M';

const fileOf = (name: string): string => `/run/${name}`;

export async function startDownload(stage: Stage, place: Place, name: string): Promise<void> {
  const file = fileOf(name);
  const curl = `curl -sS --limit-rate ${RATE} -o ${file} http://web/file`;
  await stage.run(place, `(${curl}; echo "exit code $?") >${file}.log 2>&1 &`);
  await stage.eventually(
    place,
    `ls ${file}`,
    ({ text }) => text === `${file}\n`,
    'the download to have begun',
  );
}

/** Holds when it arrived whole. */
export async function endDownload(stage: Stage, place: Place, name: string): Promise<void> {
  const file = fileOf(name);
  const log = await stage.eventually(
    place,
    `cat ${file}.log`,
    ({ text }) => text !== '',
    'the download to end',
  );
  stage.check(log.text === 'exit code 0\n', 'it to end well', log);
  const sum = await stage.run(place, `sha256sum <${file}`);
  const expected = createHash('sha256').update(downloadFile()).digest('hex');
  stage.check(sum.text.startsWith(expected), `every octet of it: ${expected}`, sum);
}
