import { z } from 'zod';
import { fromHex } from '../../domain/settlement/hex.ts';
import type { Chain } from '../../ports/chain.ts';
import { caseAddress, type Deployment, stakeAddress } from '../addresses.ts';
import { type Case, decodeCase, decodeStake, type Stake } from '../generated/accounts.ts';
import type { CaseOf } from '../io-stake.ts';

/** What every operation on a case says; ids are hexadecimal. */
export type CasePayload = Readonly<{
  /** Wallet whose stake it is about. */
  owner: string;
  deviceId: string;
  caseId: string;
  /** Accounts of the stake and the case. */
  stake: string;
  case: string;
}>;

const id = z.string().regex(/^[0-9a-f]{64}$/);
const address = z.string().min(32).max(44);

export const casePayloadSchema = z.strictObject({
  owner: address,
  deviceId: id,
  caseId: id,
  stake: address,
  case: address,
});

/** What names a case, with the accounts that follow from it. */
export function casePayloadOf(
  programId: string,
  named: Pick<CasePayload, 'owner' | 'deviceId' | 'caseId'>,
): CasePayload {
  const { owner, deviceId, caseId } = named;
  const stake = stakeAddress(programId, owner, fromHex(deviceId));
  return {
    owner,
    deviceId,
    caseId,
    stake,
    case: caseAddress(programId, stake, fromHex(caseId)),
  };
}

/** As the instructions of a case want it. */
export function caseOf({ owner, deviceId, caseId }: CasePayload): CaseOf {
  return { owner, deviceId: fromHex(deviceId), caseId: fromHex(caseId) };
}

/** Stake and case as they are for good; undefined where there is no account. */
export async function finalCase(
  payload: CasePayload,
  chain: Pick<Chain, 'accounts'>,
  { programId }: Deployment,
): Promise<Readonly<{ stake: Stake | undefined; case: Case | undefined }>> {
  const [stake, found] = await chain.accounts([payload.stake, payload.case], 'finalized');
  return {
    // A withdrawn stake leaves nothing behind, or lamports that somebody sent there.
    stake: stake?.owner === programId ? decodeStake(stake.data) : undefined,
    case: found?.owner === programId ? decodeCase(found.data) : undefined,
  };
}
