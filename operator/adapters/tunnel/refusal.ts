import type { TunnelFault } from '../../ports/tunnel.ts';

/** What an agent may say in place of a head. */
const faults = [
  'TooManyStreams',
  'LeaseUnknown',
  'HeadUnreachable',
  'HeadTimeout',
  'HeadFailed',
  'NotUpgraded',
] as const satisfies readonly TunnelFault[];

export type AgentFault = (typeof faults)[number];

/** Undefined: the head itself answers. */
export function faultOf(header: string | string[] | undefined): AgentFault | undefined {
  if (header === undefined) return undefined;
  return faults.find((fault) => fault === header) ?? 'HeadFailed';
}
