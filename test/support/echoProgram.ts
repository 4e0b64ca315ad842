/** `node echoProgram.ts NAME PORT ECHO_PORT`: the playground's pod server, for any namespace of a kernel test. */
import { startPodServer } from '../../src/playground/pod/server.ts';

const [pod = 'echo', port = '8080', echoPort = '9090'] = process.argv.slice(2);
await startPodServer({ pod, node: 'test', port: Number(port), echoPort: Number(echoPort) });
process.stdout.write('listening\n');
// The test that started us is gone, however it ended.
process.stdin.on('end', () => process.exit(0)).resume();
