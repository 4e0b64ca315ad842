/**
 * Reading Kubernetes' protobuf, which the typed clients of client-go send unless told otherwise. Only reading: every
 * client that sends it also accepts JSON.
 */
import type { Json, JsonObject } from '../objects/json.ts';
import { badRequest } from '../objects/status.ts';
import { SCHEMA } from './schema.ts';
import type { Field, FieldType } from './type.ts';

/** Before the message, so that it cannot be taken for JSON. */
const MAGIC = Buffer.from('k8s\0');

/** runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 the object. Throws a 400. */
export function decodeEnvelope(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, 4).equals(MAGIC)) throw badRequest('the object provided is no Kubernetes protobuf');
  try {
    const envelope = fieldsOf(bytes.subarray(4));
    const meta = fieldsOf(bytesAt(envelope, 1));
    const apiVersion = bytesAt(meta, 1).toString();
    const kind = bytesAt(meta, 2).toString();
    return { apiVersion, kind, ...decodeStruct(typeName(apiVersion, kind), bytesAt(envelope, 2)) };
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : 'not readable'}`,
    );
  }
}

function typeName(apiVersion: string, kind: string): string {
  if (!SCHEMA.has(kind)) throw new Error(`no protobuf type for ${apiVersion} ${kind}`);
  return kind;
}

interface WireField {
  readonly number: number;
  readonly value: number | Buffer;
}

function fieldsOf(bytes: Buffer): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error('truncated protobuf');
      value |= BigInt(byte & 0x7f) << shift;
      // Negative numbers are written as 64 bits in two's complement.
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw new Error('truncated protobuf');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        take(8);
        break;
      case 2:
        fields.push({ number, value: take(varint()) });
        break;
      case 5:
        take(4);
        break;
      default:
        throw new Error(`unknown protobuf wire type ${tag % 8}`);
    }
  }
  return fields;
}

function decodeStruct(name: string, bytes: Buffer): JsonObject {
  const known = new Map([...(SCHEMA.get(name)?.fields.values() ?? [])].map((field) => [field.number, field]));
  const result: Record<string, Json> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = known.get(number);
    if (field === undefined) continue;
    const decoded = decodeValue(field.type, value, result[field.name]);
    if (decoded !== undefined && !isAbsent(field, decoded)) result[field.name] = decoded;
  }
  return result;
}

/** What is no pointer in Go is always written, zero meaning absent. */
function isAbsent(field: Field, value: Json): boolean {
  return value === '' || (!field.optional && (value === 0 || value === false));
}

/** @param before what a repeated field, or a map, has so far */
function decodeValue(type: FieldType, value: number | Buffer, before: Json | undefined): Json | undefined {
  if (type.kind === 'list') {
    const item = decodeValue(type.of, value, undefined);
    const items = Array.isArray(before) ? before : [];
    return item === undefined ? items : [...items, item];
  }
  if (typeof value === 'number') return type.kind === 'bool' ? value !== 0 : value;
  switch (type.kind) {
    case 'struct':
      return decodeStruct(type.name, value);
    case 'map': {
      const entry = fieldsOf(value);
      const item = decodeValue(type.of, bytesAt(entry, 2), undefined);
      return { ...Object(before), [bytesAt(entry, 1).toString()]: item ?? '' };
    }
    case 'bytes':
      return value.toString('base64');
    case 'time':
      return timeOf(value);
    case 'intOrString': {
      // 1 which of the two, 2 the number, 3 the text.
      const entry = fieldsOf(value);
      return numberAt(entry, 1) === 1 ? bytesAt(entry, 3).toString() : numberAt(entry, 2);
    }
    case 'quantity':
      return bytesAt(fieldsOf(value), 1).toString();
    case 'any':
      // Bytes of a type that we do not know cannot be read; kubectl sends none in what it makes up itself.
      return undefined;
    case 'string':
    case 'int':
    case 'bool':
      break;
  }
  return value.toString();
}

function timeOf(bytes: Buffer): string | undefined {
  const fields = fieldsOf(bytes);
  const seconds = numberAt(fields, 1);
  return fields.length === 0 ? undefined : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function bytesAt(fields: readonly WireField[], number: number): Buffer {
  const found = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

function numberAt(fields: readonly WireField[], number: number): number {
  const found = fields.find((field) => field.number === number)?.value;
  return typeof found === 'number' ? found : 0;
}
