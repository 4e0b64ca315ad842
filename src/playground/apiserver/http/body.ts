/** Reading what a client sent. */
import type { IncomingMessage } from 'node:http';
import { load } from 'js-yaml';
import type { Json } from '../objects/json.ts';
import { ApiError, badRequest } from '../objects/status.ts';
import { decodeEnvelope } from '../schema/protobuf.ts';

/** The real server's limit on a request. */
const MAX_BYTES = 3 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** JSON, YAML or Kubernetes' protobuf, as the type says. Throws a 400 or a 415. */
export function parseBody(body: Buffer, contentType: string): Json {
  const type = contentType.split(';')[0]?.trim() ?? '';
  switch (type) {
    case '':
    case 'application/json':
    case 'application/json-patch+json':
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return attempt(() => JSON.parse(body.toString()));
    case 'application/yaml':
    case 'application/apply-patch+yaml':
      // Through JSON, so that nothing but JSON values gets in.
      return attempt(() => JSON.parse(JSON.stringify(load(body.toString()))));
    case 'application/vnd.kubernetes.protobuf':
      return decodeEnvelope(body);
    default:
      throw new ApiError(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      );
  }
}

function attempt(parse: () => Json): Json {
  try {
    return parse();
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : 'not readable'}`,
    );
  }
}
