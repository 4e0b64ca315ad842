import type { Joining } from '../settings.ts';

/**
 * From how many on replies to one client's socket are joined into one packet, which the kernel parts where it is received;
 * 0: never. Resolvers of C libraries ask for both families of an address at once, from one socket, and pods whose network
 * stack reads frames from the link (gVisor) would lose the second of two that are joined. Who asks for four at once seldom
 * runs there.
 */
export const JOINED_FROM: Readonly<Record<Joining, number>> = { auto: 4, on: 2, off: 0 };
