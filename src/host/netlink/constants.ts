/** Numbers of the kernel's headers linux/netlink.h, nfnetlink.h and nfnetlink_conntrack.h; they never change. */

export const NETLINK_NETFILTER = 12;

/** struct nlmsghdr, then struct nfgenmsg. */
export const HEADER_BYTES = 16;
export const NF_HEADER_BYTES = 4;
/** Message length, type, flags, sequence number and port id, where they lie in nlmsghdr. */
export const AT = { length: 0, type: 4, flags: 6, sequence: 8, port: 12 } as const;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;

const NFNL_SUBSYS_CTNETLINK = 1 << 8;
/** What the kernel calls each entry of a dump. */
export const CT_NEW: number = NFNL_SUBSYS_CTNETLINK | 0;
export const CT_GET: number = NFNL_SUBSYS_CTNETLINK | 1;
export const CT_DELETE: number = NFNL_SUBSYS_CTNETLINK | 2;

/** Flag of an attribute that holds attributes. */
export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;

export const CTA = { tupleOrig: 1, tupleReply: 2, status: 3, id: 12, zone: 18, filter: 25 } as const;
/** Bit of the status: packets came back. */
export const CT_SEEN_REPLY: number = 1 << 1;
export const CTA_TUPLE = { ip: 1, proto: 2 } as const;
export const CTA_IP = { v4Source: 1, v4Destination: 2, v6Source: 3, v6Destination: 4 } as const;
export const CTA_PROTO = { number: 1, sourcePort: 2, destinationPort: 3 } as const;
export const CTA_FILTER_ORIG_FLAGS = 1;
export const CTA_FILTER_F_PROTO_NUM: number = 1 << 3;

export const IPPROTO = { TCP: 6, UDP: 17 } as const;
export const AF = { IPv4: 2, IPv6: 10 } as const;
export const ENOENT = 2;
