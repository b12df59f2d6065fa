import { PublicKey, TransactionInstruction, TransactionMessage } from '@solana/web3.js';
import type { ChainInstruction } from '../../domain/settlement/types.ts';
import {
  type SignedTransaction,
  type TransactionDraft,
  TransactionTooLargeError,
} from '../../ports/chain-sender.ts';
import { type Signer, SignerError } from '../../ports/signer.ts';
import { base58Encode } from '../../settlement/base58.ts';

/** What fits into one packet of the network. */
const maxBytes = 1_232;
const signatureBytes = 64;
/** Counts of signatures and accounts take one byte below this. */
const maxCount = 127;

/** Signs a transaction whose fee the first signer pays; the others sign what they have to. */
export async function signTransaction(
  signers: readonly [payer: Signer, ...others: Signer[]],
  draft: TransactionDraft,
): Promise<SignedTransaction> {
  const message = messageOf(signers[0].address, draft);
  const byAddress = new Map(signers.map((signer) => [signer.address, signer]));
  const signatures = await Promise.all(
    message.signers.map(async (address) => {
      const signer = byAddress.get(address);
      if (signer === undefined) throw new SignerError(`${address} has to sign, and is not there`);
      return signer.sign(message.bytes);
    }),
  );
  return {
    signature: base58Encode(signatures[0] ?? new Uint8Array()),
    bytes: wireOf(message.bytes, signatures),
  };
}

/** The transaction with empty signatures, for simulations. */
export function unsignedTransaction(payer: string, draft: TransactionDraft): Uint8Array {
  const { bytes, signers } = messageOf(payer, draft);
  return wireOf(
    bytes,
    signers.map(() => new Uint8Array(signatureBytes)),
  );
}

function messageOf(payer: string, { instructions, blockhash }: TransactionDraft) {
  const message = new TransactionMessage({
    payerKey: new PublicKey(payer),
    recentBlockhash: blockhash,
    instructions: instructions.map(instructionOf),
  }).compileToLegacyMessage();
  const { numRequiredSignatures } = message.header;
  const bytes = serialized(() => message.serialize());
  if (bytes.length + 1 + numRequiredSignatures * signatureBytes > maxBytes) throw tooLarge();
  return {
    bytes,
    signers: message.accountKeys.slice(0, numRequiredSignatures).map((key) => key.toBase58()),
  };
}

/** The library has a buffer of one packet, and says no more than that it is full. */
function serialized(write: () => Uint8Array): Uint8Array {
  try {
    return Uint8Array.from(write());
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw error;
  }
}

function tooLarge(): TransactionTooLargeError {
  return new TransactionTooLargeError(`the instructions need more than ${maxBytes} bytes`);
}

function wireOf(message: Uint8Array, signatures: readonly Uint8Array[]): Uint8Array {
  if (signatures.length > maxCount) throw tooLarge();
  return Uint8Array.from(Buffer.concat([Buffer.of(signatures.length), ...signatures, message]));
}

function instructionOf({ programId, accounts, data }: ChainInstruction): TransactionInstruction {
  return new TransactionInstruction({
    programId: new PublicKey(programId),
    keys: accounts.map(({ address, isSigner, isWritable }) => ({
      pubkey: new PublicKey(address),
      isSigner,
      isWritable,
    })),
    data: Buffer.from(data),
  });
}
