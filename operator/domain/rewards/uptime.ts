/**
 * Minutes in which each device of a roster was up.
 * @param bits rows of `bytesOf(devices)` bytes, one a minute, one after the other; bit i of a row,
 *   from the lowest of its first byte on, is device i
 */
export function upMinutes(bits: Uint8Array, devices: number): Uint16Array {
  const width = bytesOf(devices);
  if (width === 0) return new Uint16Array(0);
  if (bits.length % width !== 0) throw new Error(`${bits.length} bytes are not rows of ${width}`);
  const rows = bits.length / width;
  // Nearly all are up nearly always, so those that are not are counted.
  const down = new Uint16Array(width * 8);
  for (let at = 0, byte = 0; at < bits.length; at += 1, byte = byte + 1 === width ? 0 : byte + 1) {
    let missing = ~(bits[at] ?? 0) & 0xff;
    while (missing !== 0) {
      const lowest = missing & -missing;
      const device = byte * 8 + (31 - Math.clz32(lowest));
      down[device] = (down[device] ?? 0) + 1;
      missing ^= lowest;
    }
  }
  return Uint16Array.from({ length: devices }, (_, device) => rows - (down[device] ?? 0));
}

/** Bytes that a bit for each device takes. */
export function bytesOf(devices: number): number {
  return Math.ceil(devices / 8);
}
