/** Where to go after signing in: a path of the console, never another site. */
export function returnPath(returnTo: string | undefined): string {
  const ours = returnTo !== undefined && /^\/(?![/\\])/.test(returnTo);
  return ours && !hasControls(returnTo) ? returnTo : '/';
}

/** Browsers leave some control characters out of an address, after it was looked at. */
const hasControls = (text: string): boolean =>
  Array.from(text).some((letter) => (letter.codePointAt(0) ?? 0) < 0x21);
