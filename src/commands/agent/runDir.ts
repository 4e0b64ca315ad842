/** Where the agent of this node is found. */
import { join } from 'node:path';
import { SOCKET_NAME } from '../../agent/serving/controlSocket.ts';
import { TABLE } from '../../config/tables/table.ts';

/** Path of the control socket, from the value of `--run-dir`. */
export function socketPathOf(runDir: string | undefined): string {
  return join(runDir ?? String(TABLE.runDir.default), SOCKET_NAME);
}
