import type { SignerRole } from '../../domain/settlement/types.ts';
import type { TransactionSigners } from '../../ports/chain-sender.ts';
import { type Signer, SignerError } from '../../ports/signer.ts';
import { signTransaction } from './transaction.ts';

/** Signs transactions with the keys that there are. */
export function transactionSigners(
  signers: Readonly<Partial<Record<SignerRole, Signer>>>,
): TransactionSigners {
  return {
    address: (role) => signers[role]?.address,
    sign: async (role, draft) => {
      const signer = signers[role];
      if (signer === undefined) throw new SignerError(`this process has no key of the ${role}`);
      return signTransaction([signer], draft);
    },
  };
}
