/** A path of the console out of its parts; names are encoded, whatever is in them. */
export function pathOf(...parts: readonly string[]): string {
  return `/${parts.map((part) => encodePart(part)).join('/')}`;
}

/** A part of only dots would be taken for a step up, encoded or not, so it gets a mark that no name has. */
const encodePart = (part: string): string =>
  /^\.{1,2}$/.test(part) ? `${part}%00` : encodeURIComponent(part);
