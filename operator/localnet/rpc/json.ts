/** Not in the library's types yet. */
type Json = Readonly<{
  rawJSON: (text: string) => unknown;
  parse: (
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown;
}>;

const json = JSON as typeof JSON & Json;
const integer = /^-?[0-9]{1,40}$/;

/** JSON in which a bigint is a number with all its digits. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? json.rawJSON(member.toString()) : member,
  );
}

/** Integers that a number cannot hold become bigints. */
export function parse(text: string): unknown {
  return json.parse(text, (_key: string, value: unknown, { source = '' }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && integer.test(source)
      ? BigInt(source)
      : value,
  );
}
