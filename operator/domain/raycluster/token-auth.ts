/** Ray authenticates with a token from this version on (KubeRay 1.6 makes the Secret). */
const since = [2, 52] as const;

/** Whether a Ray of this version lets only those in who have its token. */
export function hasTokenAuth(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > since[0] || (major === since[0] && minor >= since[1]);
}
