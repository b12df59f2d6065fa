/** Lower-case hexadecimal sha256 of a text; injected, since the core does no I/O. */
export type Sha256Hex = (text: string) => string;

const maxLength = 63;
const hashLength = 10;

/**
 * Name of an IODevice: `<node>-gpu-<index>` or `<node>-mig-<profile>-<index>`, a DNS label of at
 * most 63 characters. A node name with dots, or too long a one, is cut and gets a hash, so that two
 * nodes never share a device name.
 */
export function deviceName(
  node: string,
  migProfile: string | undefined,
  index: number,
  sha256Hex: Sha256Hex,
): string {
  const kind = migProfile === undefined ? 'gpu' : `mig-${slug(migProfile)}`;
  const suffix = `-${kind}-${index}`;
  const plain = slug(node);
  if (plain === node && plain.length + suffix.length <= maxLength) return `${plain}${suffix}`;
  const hash = sha256Hex(node).slice(0, hashLength);
  const room = maxLength - suffix.length - hashLength - 1;
  return `${plain.slice(0, room).replace(/-+$/, '')}-${hash}${suffix}`;
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
