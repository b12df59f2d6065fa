import { toHex } from '../domain/settlement/hex.ts';
import type { ChainCase, ProgramTerms, StakePosition } from '../domain/settlement/program-state.ts';
import type { ChainAccount } from '../domain/settlement/types.ts';
import type { AccountFilter } from '../ports/chain.ts';
import { startsWith } from './codec.ts';
import { accountLayouts, decodeCase, decodeConfig, decodeStake } from './generated/accounts.ts';

/** An account of the program, if it is one of those that the hub acts on. */
export type ProgramAccount =
  | Readonly<{ kind: 'Stake'; stake: StakePosition }>
  | Readonly<{ kind: 'Case'; case: ChainCase }>
  | Readonly<{ kind: 'Config'; terms: ProgramTerms }>;

/** What finds all accounts of a kind. */
export function filtersOf(kind: ProgramAccount['kind']): readonly AccountFilter[] {
  const { size, discriminator } = accountLayouts[kind];
  return [{ size }, { offset: 0, bytes: discriminator }];
}

/** Reads an account that the program owns; undefined when it is of another kind. */
export function programAccountOf({ address, data }: ChainAccount): ProgramAccount | undefined {
  const is = (kind: ProgramAccount['kind']): boolean =>
    startsWith(data, accountLayouts[kind].discriminator);
  if (is('Stake')) return { kind: 'Stake', stake: stakeOf(address, data) };
  if (is('Case')) return { kind: 'Case', case: caseOf(address, data) };
  if (is('Config')) return { kind: 'Config', terms: termsOf(data) };
  return undefined;
}

function stakeOf(address: string, data: Uint8Array): StakePosition {
  const { owner, deviceId, amount, escrowed, unlockTs } = decodeStake(data);
  const unlockSeconds = unlockTs === 0 ? undefined : unlockTs;
  return { address, owner, deviceId: toHex(deviceId), amount, escrowed, unlockSeconds };
}

function caseOf(address: string, data: Uint8Array): ChainCase {
  const { stake, caseId, state, amount, openedTs, deadlineTs, appealedTs, appealHash } =
    decodeCase(data);
  return {
    address,
    stake,
    caseId: toHex(caseId),
    state,
    amount,
    openedSeconds: openedTs,
    deadlineSeconds: deadlineTs,
    appeal: appealedTs === 0 ? undefined : { seconds: appealedTs, sha256: toHex(appealHash) },
  };
}

function termsOf(data: Uint8Array): ProgramTerms {
  const config = decodeConfig(data);
  return {
    paused: config.paused,
    genesisSeconds: config.genesisTs,
    cooldownSeconds: config.cooldownSeconds,
    adjudicationSeconds: config.adjudicationSeconds,
    slashCapPerEpoch: config.slashCapPerEpoch,
    slashedEpoch: config.slashedEpoch,
    slashedInEpoch: config.slashedInEpoch,
    totalStaked: config.totalStaked,
    totalEscrowed: config.totalEscrowed,
    totalBurnt: config.totalBurnt,
  };
}
