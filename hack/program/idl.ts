import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The file that every layout of the program is generated from. */
export const idlPath = join(import.meta.dirname, '../../operator/settlement/program/idl.json');

const scalar = z.enum(['u8', 'u32', 'u64', 'i64', 'bool', 'pubkey']);
const bytes = z.strictObject({ array: z.tuple([z.literal('u8'), z.int()]) });
const defined = z.strictObject({ defined: z.strictObject({ name: z.string() }) });
const vec = z.strictObject({ vec: z.union([scalar, bytes]) });
const type = z.union([scalar, bytes, defined, vec]);
const field = z.strictObject({ name: z.string(), type });
const discriminator = z.array(z.int().min(0).max(255)).length(8);
const named = z.strictObject({ name: z.string(), discriminator });

// What we use of the format that Anchor has had since 0.30; its tools read the file as it is.
const schema = z.strictObject({
  address: z.string(),
  metadata: z.strictObject({
    name: z.string(),
    version: z.string(),
    spec: z.literal('0.1.0'),
    description: z.string(),
  }),
  instructions: z.array(
    z.strictObject({
      name: z.string(),
      docs: z.array(z.string()),
      discriminator,
      accounts: z.array(
        z.strictObject({
          name: z.string(),
          writable: z.literal(true).optional(),
          signer: z.literal(true).optional(),
          address: z.string().optional(),
          pda: z.looseObject({}).optional(),
        }),
      ),
      args: z.array(field),
    }),
  ),
  accounts: z.array(named),
  events: z.array(named),
  errors: z.array(z.strictObject({ code: z.int(), name: z.string(), msg: z.string() })),
  types: z.array(
    z.strictObject({
      name: z.string(),
      type: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('struct'), fields: z.array(field) }),
        z.strictObject({
          kind: z.literal('enum'),
          variants: z.array(z.strictObject({ name: z.string() })),
        }),
      ]),
    }),
  ),
  constants: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(['u8', 'u32', 'u64', 'i64', 'bytes', 'pubkey']),
      value: z.string(),
    }),
  ),
});

export type Idl = z.infer<typeof schema>;
export type Field = z.infer<typeof field>;
export type IdlType = z.infer<typeof type>;
export type Instruction = Idl['instructions'][number];
/** An account or event with its fields. */
export type Struct = Readonly<{ name: string; discriminator: number[]; fields: Field[] }>;

/** Reads the IDL and checks what a schema cannot. @throws Error that says what is wrong */
export function readIdl(path = idlPath): Idl {
  const idl = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  for (const { name, discriminator: found } of idl.instructions) checkName('global', name, found);
  for (const { name, discriminator: found } of idl.accounts) checkName('account', name, found);
  for (const { name, discriminator: found } of idl.events) checkName('event', name, found);
  for (const { name, args } of idl.instructions) {
    const at = args.findIndex((arg) => isVec(arg.type));
    if (at >= 0 && at < args.length - 1)
      throw new Error(`${name}: only the last argument may vary`);
  }
  return idl;
}

/** The structs behind the names of accounts or events. */
export function structsOf(idl: Idl, list: Idl['accounts']): Struct[] {
  return list.map(({ name, discriminator: bytesOf }) => {
    const found = idl.types.find((candidate) => candidate.name === name)?.type;
    if (found?.kind !== 'struct') throw new Error(`${name} has no struct in types`);
    return { name, discriminator: bytesOf, fields: found.fields };
  });
}

/** The enums: one byte each, the index of the variant. */
export function enumsOf(idl: Idl): { name: string; variants: string[] }[] {
  return idl.types.flatMap(({ name, type: { kind, ...rest } }) =>
    kind === 'enum' && 'variants' in rest
      ? [{ name, variants: rest.variants.map((variant) => variant.name) }]
      : [],
  );
}

export function isVec(of: IdlType): of is z.infer<typeof vec> {
  return typeof of === 'object' && 'vec' in of;
}

/** Bytes that a value takes. */
export function sizeOf(of: IdlType): number {
  if (isVec(of)) throw new Error('a vector has no fixed size');
  if (typeof of === 'object') return 'array' in of ? of.array[1] : 1;
  return { u8: 1, bool: 1, u32: 4, u64: 8, i64: 8, pubkey: 32 }[of];
}

/** Bytes that the fields take, one after the other, without padding. */
export function sizeOfFields(fields: readonly Field[]): number {
  return fields.reduce((sum, { type: of }) => sum + sizeOf(of), 0);
}

function checkName(space: string, name: string, found: readonly number[]): void {
  const wanted = createHash('sha256').update(`${space}:${name}`).digest().subarray(0, 8);
  if (!wanted.equals(Buffer.from(found))) {
    throw new Error(`the discriminator of ${name} should be [${[...wanted].join(', ')}]`);
  }
}

/** `device_id` is `deviceId`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `open_case` is `OpenCase`. */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}`;
}
