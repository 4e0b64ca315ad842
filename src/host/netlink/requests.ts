/** What we ask conntrack for, as bytes. Headers are in the machine's order: koffi runs on little-endian ones only. */
import type { Family } from '../../net/ip.ts';
import {
  AF,
  AT,
  CT_DELETE,
  CT_GET,
  CTA,
  CTA_FILTER_F_PROTO_NUM,
  CTA_FILTER_ORIG_FLAGS,
  CTA_PROTO,
  CTA_TUPLE,
  HEADER_BYTES,
  NF_HEADER_BYTES,
  NLA_F_NESTED,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from './constants.ts';

/**
 * All entries of a family and a protocol. Kernels before 5.8 do not know the filter, skip it, and send other protocols
 * too.
 */
export function dumpRequest(family: Family, protocolNumber: number): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(CTA_FILTER_F_PROTO_NUM);
  const protocol = nested(CTA_TUPLE.proto, attribute(CTA_PROTO.number, Buffer.of(protocolNumber)));
  return message(CT_GET, NLM_F_DUMP, 1, family, [
    nested(CTA.tupleOrig, protocol),
    nested(CTA.filter, attribute(CTA_FILTER_ORIG_FLAGS, flags)),
  ]);
}

/**
 * Deletion of the entry that these attributes name, as `TrackedFlow.identity` gave them. The kernel answers a failure, and
 * success if `acknowledged`.
 */
export function deleteRequest(
  family: Family,
  identity: Buffer,
  sequence: number,
  acknowledged: boolean,
): Buffer {
  return message(CT_DELETE, acknowledged ? NLM_F_ACK : 0, sequence, family, [identity]);
}

function message(
  type: number,
  flags: number,
  sequence: number,
  family: Family,
  attributes: readonly Buffer[],
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES + NF_HEADER_BYTES);
  const length = attributes.reduce((sum, one) => sum + one.length, header.length);
  header.writeUInt32LE(length, AT.length);
  header.writeUInt16LE(type, AT.type);
  header.writeUInt16LE(NLM_F_REQUEST | flags, AT.flags);
  header.writeUInt32LE(sequence, AT.sequence);
  header.writeUInt8(AF[family], HEADER_BYTES);
  return Buffer.concat([header, ...attributes]);
}

function nested(type: number, content: Buffer): Buffer {
  return attribute(type | NLA_F_NESTED, content);
}

function attribute(type: number, content: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((content.length + 3) & ~3));
  // The length leaves out what fills the last four bytes.
  bytes.writeUInt16LE(4 + content.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(content, 4);
  return bytes;
}
