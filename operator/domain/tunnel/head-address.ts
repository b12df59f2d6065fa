type HeadStatus = Readonly<{ serviceIP?: string; podIP?: string }>;

const decimal = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ipv4 = new RegExp(`^(${decimal}\\.){3}${decimal}$`);
/** Without IPv4 in it, which could be any of what is refused below. */
const ipv6 = /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$/;
/** This host, its links, everybody, nobody: no pod has such an address. */
const unusable4 = /^(0|127|22[4-9]|2[3-5][0-9])\.|^169\.254\./;
const unusable6 = /^(::|::1|(0{1,4}:){7}0{0,3}[01]|fe[89ab][0-9a-f]:.*|ff[0-9a-f]{2}:.*)$/;

/**
 * Where a Ray head is dialled, as KubeRay says in the status of its RayCluster: the address of its
 * service, or of its pod where the service has none. Undefined: there is none that a pod can have.
 */
export function headAddressOf({ serviceIP, podIP }: HeadStatus): string | undefined {
  return [serviceIP, podIP].find((address) => address !== undefined && isPodAddress(address));
}

function isPodAddress(address: string): boolean {
  if (ipv4.test(address)) return !unusable4.test(address);
  const lower = address.toLowerCase();
  return ipv6.test(lower) && !unusable6.test(lower);
}
