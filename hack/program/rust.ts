import { base58Decode } from '../../operator/settlement/base58.ts';
import {
  enumsOf,
  type Field,
  type Idl,
  type IdlType,
  type Instruction,
  isVec,
  pascalCase,
  sizeOfFields,
  structsOf,
} from './idl.ts';

const head = `// Generated from idl.json by hack/generate-program.ts; \`make generate\` writes it anew.
`;

/** `src/generated.rs`: layouts, checks of signers and programs, error codes, constants. */
export function rustSource(idl: Idl): string {
  return [
    head,
    `use crate::layout::{Args, Event, Layout, I64, U32, U64};
use pinocchio::{error::ProgramError, AccountView, Address};
`,
    ...idl.constants.map(constant),
    ...enumsOf(idl).map(enumeration),
    errors(idl),
    modules(
      'accounts',
      structsOf(idl, idl.accounts).map(({ name, discriminator, fields }) =>
        [
          struct(name, [`pub discriminator: [u8; 8],`, ...members(fields)]),
          `// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for ${name} {
    const DISCRIMINATOR: [u8; 8] = ${byteList(discriminator)};
}
${sizeCheck(name, 8 + sizeOfFields(fields))}`,
        ].join('\n'),
      ),
    ),
    modules(
      'events',
      structsOf(idl, idl.events).map(({ name, discriminator, fields }) =>
        [
          struct(name, members(fields)),
          `// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for ${name} {
    const DISCRIMINATOR: [u8; 8] = ${byteList(discriminator)};
}
${sizeCheck(name, sizeOfFields(fields))}`,
        ].join('\n'),
      ),
    ),
    modules('args', idl.instructions.flatMap(args)),
    `pub mod discriminators {\n${idl.instructions.map(discriminatorOf).join('\n')}\n}\n`,
    modules(
      'instructions',
      idl.instructions.map((instruction) => accounts(idl, instruction)),
    ),
  ].join('\n');
}

function modules(name: string, parts: readonly string[]): string {
  const body = parts.join('\n');
  return `pub mod ${name} {\n    use super::*;\n${body}\n}\n`;
}

function constant({ name, type, value }: Idl['constants'][number]): string {
  if (type === 'pubkey') {
    const list = byteList([...base58Decode(value)]);
    return `pub const ${name}: Address = Address::new_from_array(${list});`;
  }
  if (type !== 'bytes') return `pub const ${name}: ${type} = ${value};`;
  const text = Buffer.from(JSON.parse(value) as number[]).toString('latin1');
  return `pub const ${name}: &[u8] = b${JSON.stringify(text)};`;
}

function enumeration({ name, variants }: { name: string; variants: string[] }): string {
  return `
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ${name} {
${variants.map((variant, index) => `    ${variant} = ${index},`).join('\n')}
}

impl ${name} {
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
${variants.map((variant, index) => `            ${index} => Some(Self::${variant}),`).join('\n')}
            _ => None,
        }
    }
}
`;
}

function errors(idl: Idl): string {
  return `
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
${idl.errors.map(({ code, name, msg }) => `    /// ${sentence(msg)}\n    ${name} = ${code},`).join('\n')}
}

impl From<Error> for ProgramError {
    fn from(error: Error) -> Self {
        ProgramError::Custom(error as u32)
    }
}
`;
}

function struct(name: string, lines: readonly string[]): string {
  return `
#[repr(C)]
pub struct ${name} {
${lines.map((line) => `    ${line}`).join('\n')}
}
`;
}

function members(fields: readonly Field[]): string[] {
  return fields.map(({ name, type }) => `pub ${name}: ${rustType(type)},`);
}

function rustType(type: IdlType): string {
  if (isVec(type)) throw new Error('a vector stands behind the struct');
  if (typeof type === 'object') return 'array' in type ? `[u8; ${type.array[1]}]` : 'u8';
  return { u8: 'u8', bool: 'u8', u32: 'U32', u64: 'U64', i64: 'I64', pubkey: 'Address' }[type];
}

function args(instruction: Instruction): string[] {
  const fixed = instruction.args.filter((arg) => !isVec(arg.type));
  if (fixed.length === 0) return [];
  const name = pascalCase(instruction.name);
  return [
    `${struct(name, members(fixed))}
// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for ${name} {}
${sizeCheck(name, sizeOfFields(fixed))}`,
  ];
}

function discriminatorOf(instruction: Instruction): string {
  const number = Buffer.from(instruction.discriminator).readBigUInt64LE();
  return `pub const ${instruction.name.toUpperCase()}: u64 = ${number};`;
}

function accounts(idl: Idl, instruction: Instruction): string {
  const name = pascalCase(instruction.name);
  const names = instruction.accounts.map((account) => account.name);
  const checks = instruction.accounts.flatMap((account) => [
    ...(account.signer === true ? [`signer(${account.name})?;`] : []),
    ...(account.address === undefined
      ? []
      : [`program(${account.name}, &${constantFor(idl, account.address)})?;`]),
  ]);
  return `
/// ${instruction.docs.join(' ')}
pub struct ${name} {
${names.map((account) => `    pub ${account}: AccountView,`).join('\n')}
}

impl ${name} {
    /// More accounts may follow.
    pub const COUNT: usize = ${names.length};

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [${names.join(', ')}, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
${checks.map((check) => `        crate::checks::${check}`).join('\n')}
        Ok(Self {
${names.map((account) => `            ${account}: *${account},`).join('\n')}
        })
    }
}`;
}

function constantFor(idl: Idl, address: string): string {
  const found = idl.constants.find(({ value }) => value === address);
  if (found === undefined) throw new Error(`${address} is no constant`);
  return found.name;
}

function sizeCheck(name: string, size: number): string {
  return `const _: () = assert!(core::mem::size_of::<${name}>() == ${size} && core::mem::align_of::<${name}>() == 1);`;
}

function byteList(list: readonly number[]): string {
  return `[${list.join(', ')}]`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
