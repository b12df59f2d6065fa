const longestPart = 63;

/**
 * A name for a file that is saved: parts joined by hyphens. Names of accounts come from people, so
 * only letters that mean nothing to any file system are left, and no part is empty or endless.
 */
export function fileName(parts: readonly string[], extension: string): string {
  const safe = parts.map((part) => {
    const kept = part
      .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
      .replaceAll(/\.{2,}/g, '.')
      .replaceAll(/^[._-]+|[._-]+$/g, '');
    const short = kept.slice(0, longestPart).replace(/[._-]+$/, '');
    return short === '' ? '_' : short;
  });
  return `${safe.join('-')}.${extension}`;
}
