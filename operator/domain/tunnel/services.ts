/** What a Ray cluster serves to its renter, and on which port of its head. */
const ports = { dashboard: 8265, serve: 8000, client: 10_001 } as const;

export type TunnelService = keyof typeof ports;

export const isTunnelService = (name: unknown): name is TunnelService =>
  typeof name === 'string' && Object.hasOwn(ports, name);

/** Fixed, as Ray and KubeRay have them: nobody says to which port of a head a request goes. */
export const portOf = (service: TunnelService): number => ports[service];

/** Whether Ray asks for its token there; what a renter serves is the renter's to protect. */
export const needsRayToken = (service: TunnelService): boolean => service !== 'serve';

/** gRPC is HTTP/2 with trailers; the other two are HTTP/1.1. */
export const isGrpc = (service: TunnelService): boolean => service === 'client';
