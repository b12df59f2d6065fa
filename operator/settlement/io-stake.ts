import {
  type Addresses,
  type Asset,
  addressesOf,
  caseAddress,
  claimStatusAddress,
  type Deployment,
  operationAddress,
  programDataAddress,
  stakeAddress,
} from './addresses.ts';
import type { Instruction } from './codec.ts';
import * as program from './generated/instructions.ts';
import type { Outcome, Role } from './generated/types.ts';

/** The keys of the first day; `admin` is the upgrade authority of the program. */
export type Genesis = program.InitializeArgs & Readonly<{ admin: string }>;

/** A stake by whom and for what; `owner` signs what the owner has to. */
export type StakeOf = Readonly<{ owner: string; deviceId: Uint8Array }>;
export type CaseOf = StakeOf & Readonly<{ caseId: Uint8Array }>;

/** The instructions of one deployment, with every address that can be derived filled in. */
export type IoStake = ReturnType<typeof ioStake>;

/** Binds the program's instructions to a deployment. */
export function ioStake(deployment: Deployment) {
  const at = addressesOf(deployment);
  return {
    deployment,
    addresses: at,
    ...governance(deployment, at),
    ...stakes(deployment, at),
    ...cases(deployment, at),
    ...rewards(deployment, at),
    ...custody(deployment, at),
  };
}

function governance({ programId, ioMint, usdcMint }: Deployment, at: Addresses) {
  return {
    initialize({ admin, ...args }: Genesis): Instruction {
      const accounts = {
        admin,
        ...at,
        ioCustody: at.custody.IO,
        usdcCustody: at.custody.USDC,
        ioCustodyVault: at.custodyVault.IO,
        usdcCustodyVault: at.custodyVault.USDC,
        ioMint,
        usdcMint,
        program: programId,
        programData: programDataAddress(programId),
      };
      return program.initializeInstruction(programId, accounts, args);
    },
    pause: (admin: string, paused: boolean): Instruction =>
      program.pauseInstruction(programId, { admin, config: at.config }, { paused }),
    proposeAuthority: (admin: string, role: Role, authority: string): Instruction =>
      program.proposeAuthorityInstruction(
        programId,
        { admin, config: at.config },
        { role, authority },
      ),
    acceptAuthority: (authorityKey: string): Instruction =>
      program.acceptAuthorityInstruction(programId, { authorityKey, config: at.config }),
  };
}

function stakes({ programId }: Deployment, at: Addresses) {
  const { config, stakeVault, authority } = at;
  const stakeOf = (of: StakeOf): string => stakeAddress(programId, of.owner, of.deviceId);
  return {
    stake: (of: StakeOf & Readonly<{ source: string; amount: bigint }>): Instruction =>
      program.stakeInstruction(
        programId,
        { owner: of.owner, stake: stakeOf(of), config, source: of.source, stakeVault },
        { deviceId: of.deviceId, amount: of.amount },
      ),
    requestUnstake: (of: StakeOf): Instruction =>
      program.requestUnstakeInstruction(programId, {
        owner: of.owner,
        stake: stakeOf(of),
        config,
      }),
    withdraw: (of: StakeOf & Readonly<{ destination: string }>): Instruction =>
      program.withdrawInstruction(programId, {
        owner: of.owner,
        stake: stakeOf(of),
        config,
        stakeVault,
        destination: of.destination,
        authority,
      }),
  };
}

function cases({ programId, ioMint }: Deployment, at: Addresses) {
  const { config, stakeVault, authority } = at;
  const accountsOf = (of: CaseOf): { stake: string; case: string } => {
    const stake = stakeAddress(programId, of.owner, of.deviceId);
    return { stake, case: caseAddress(programId, stake, of.caseId) };
  };
  const burning = { config, stakeVault, ioMint, authority };
  return {
    openCase: (
      of: CaseOf & Readonly<{ slasher: string; evidenceHash: Uint8Array; amount: bigint }>,
    ): Instruction =>
      program.openCaseInstruction(
        programId,
        { slasher: of.slasher, ...accountsOf(of), config },
        { caseId: of.caseId, evidenceHash: of.evidenceHash, amount: of.amount },
      ),
    appeal: (of: CaseOf & Readonly<{ appealHash: Uint8Array }>): Instruction =>
      program.appealInstruction(
        programId,
        { owner: of.owner, ...accountsOf(of) },
        { appealHash: of.appealHash },
      ),
    resolve: (of: CaseOf & Readonly<{ resolver: string; outcome: Outcome }>): Instruction =>
      program.resolveInstruction(
        programId,
        { resolver: of.resolver, ...accountsOf(of), ...burning },
        { outcome: of.outcome },
      ),
    finalizeBurn: (of: CaseOf): Instruction =>
      program.finalizeBurnInstruction(programId, { ...accountsOf(of), ...burning }),
  };
}

function rewards({ programId }: Deployment, at: Addresses) {
  const { config, distributor, rewardsVault, authority } = at;
  return {
    publishRoot: (of: program.PublishRootArgs & Readonly<{ publisher: string }>): Instruction =>
      program.publishRootInstruction(
        programId,
        { publisher: of.publisher, config, distributor },
        of,
      ),
    cancelRoot: (canceller: string): Instruction =>
      program.cancelRootInstruction(programId, { canceller, config, distributor }),
    claim: (
      of: program.ClaimArgs & Readonly<{ payer: string; wallet: string; destination: string }>,
    ): Instruction =>
      program.claimInstruction(
        programId,
        {
          payer: of.payer,
          wallet: of.wallet,
          config,
          distributor,
          claimStatus: claimStatusAddress(programId, of.wallet),
          rewardsVault,
          destination: of.destination,
          authority,
        },
        of,
      ),
    fundRewards: (of: Readonly<{ funder: string; source: string; amount: bigint }>): Instruction =>
      program.fundRewardsInstruction(
        programId,
        { funder: of.funder, config, distributor, source: of.source, rewardsVault },
        { amount: of.amount },
      ),
  };
}

function custody({ programId }: Deployment, at: Addresses) {
  return {
    deposit: (
      of: program.DepositArgs & Readonly<{ asset: Asset; depositor: string; source: string }>,
    ): Instruction =>
      program.depositInstruction(
        programId,
        {
          depositor: of.depositor,
          config: at.config,
          custody: at.custody[of.asset],
          source: of.source,
          custodyVault: at.custodyVault[of.asset],
        },
        of,
      ),
    payOut: (
      of: Readonly<{
        asset: Asset;
        treasurer: string;
        operationId: Uint8Array;
        payments: readonly Readonly<{ destination: string; amount: bigint }>[];
      }>,
    ): Instruction =>
      program.payOutInstruction(
        programId,
        {
          treasurer: of.treasurer,
          config: at.config,
          custody: at.custody[of.asset],
          custodyVault: at.custodyVault[of.asset],
          operation: operationAddress(programId, of.operationId),
          authority: at.authority,
        },
        { operationId: of.operationId, amounts: of.payments.map(({ amount }) => amount) },
        of.payments.map(({ destination }) => ({
          address: destination,
          isSigner: false,
          isWritable: true,
        })),
      ),
    closeOperation: (treasurer: string, operationId: Uint8Array): Instruction =>
      program.closeOperationInstruction(programId, {
        treasurer,
        config: at.config,
        operation: operationAddress(programId, operationId),
      }),
  };
}
