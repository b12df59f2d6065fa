import { base58Decode } from '../base58.ts';
import type { AccountMeta, Instruction } from '../codec.ts';

const signatureBytes = 64;
const noBlockhash = new Uint8Array(32);
const known = new Map<string, Uint8Array>();

/** The bytes of an address; decoding base58 is slow, and tests use few addresses often. */
export function addressBytes(address: string): Uint8Array {
  let bytes = known.get(address);
  if (bytes === undefined) known.set(address, (bytes = base58Decode(address)));
  return bytes;
}

/** A transaction whose signatures are empty, for a machine that does not verify them. */
export function unsignedTransaction(
  payer: string,
  instructions: readonly Instruction[],
): Uint8Array {
  const keys = orderedKeys(payer, instructions);
  const places = new Map(keys.map(({ address }, place) => [address, place]));
  const place = (address: string): number => places.get(address) ?? 0;
  const signers = keys.filter(({ isSigner }) => isSigner);
  return Uint8Array.from(
    Buffer.concat([
      length(signers.length),
      new Uint8Array(signers.length * signatureBytes),
      Uint8Array.of(
        signers.length,
        signers.filter(({ isWritable }) => !isWritable).length,
        keys.filter(({ isSigner, isWritable }) => !isSigner && !isWritable).length,
      ),
      length(keys.length),
      ...keys.map(({ address }) => addressBytes(address)),
      noBlockhash,
      length(instructions.length),
      ...instructions.flatMap(({ programId, accounts, data }) => [
        Uint8Array.of(place(programId)),
        length(accounts.length),
        Uint8Array.from(accounts, ({ address }) => place(address)),
        length(data.length),
        data,
      ]),
    ]),
  );
}

/** Each key once, with the most that any instruction asks for: signers first, writable before not. */
function orderedKeys(payer: string, instructions: readonly Instruction[]): AccountMeta[] {
  const keys = new Map<string, AccountMeta>([
    [payer, { address: payer, isSigner: true, isWritable: true }],
  ]);
  for (const { programId, accounts } of instructions) {
    for (const meta of [...accounts, { address: programId, isSigner: false, isWritable: false }]) {
      const before = keys.get(meta.address);
      keys.set(meta.address, {
        address: meta.address,
        isSigner: meta.isSigner || before?.isSigner === true,
        isWritable: meta.isWritable || before?.isWritable === true,
      });
    }
  }
  const rank = ({ isSigner, isWritable }: AccountMeta): number =>
    (isSigner ? 0 : 2) + (isWritable ? 0 : 1);
  return [...keys.values()].toSorted((a, b) => rank(a) - rank(b));
}

/** A length of Solana's wire format: seven bits a byte. */
function length(value: number): Uint8Array {
  return value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >> 7);
}
