/** What form of an object a client wants: `application/json;as=Table;v=v1;g=meta.k8s.io,application/json`. */
import { ApiError } from '../objects/status.ts';

export interface MediaType {
  readonly type: 'json' | 'yaml';
  /** How objects are dressed up. */
  readonly as: 'Object' | 'Table' | 'PartialObjectMetadata';
}

const SERVED = 'application/json, application/yaml, application/json;stream=watch';

/** The first acceptable of the list. Throws a 406. */
export function negotiate(accept: string): MediaType {
  for (const choice of accept.split(',')) {
    const [type = '', ...parameters] = choice.split(';').map((part) => part.trim());
    const found = formOf(type, new Map(parameters.map(splitParameter)));
    if (found !== undefined) return found;
  }
  throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${SERVED}`, {});
}

function formOf(type: string, parameters: ReadonlyMap<string, string>): MediaType | undefined {
  const encoding = encodingOf(type);
  if (encoding === undefined) return undefined;
  const as = parameters.get('as');
  if (as === undefined) return { type: encoding, as: 'Object' };
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  switch (as) {
    case 'Table':
      return { type: encoding, as };
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return { type: encoding, as: 'PartialObjectMetadata' };
    default:
      return undefined;
  }
}

function encodingOf(type: string): MediaType['type'] | undefined {
  switch (type) {
    case '':
    case '*/*':
    case 'application/*':
    case 'application/json':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

function splitParameter(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}
