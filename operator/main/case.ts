import { readFileSync } from 'node:fs';
import { ioSlashCaseResource } from '../../crds/schema/index.ts';
import { fileSigner } from '../adapters/solana/key-signer.ts';
import type { AdjudicateConfig, AppealConfig } from '../config.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { toHex } from '../domain/settlement/hex.ts';
import { splitKey } from '../runtime/kube-object.ts';
import { sha256Bytes } from '../runtime/sha256.ts';
import { decodeCase, decodeStake } from '../settlement/generated/accounts.ts';
import type { CaseOf } from '../settlement/io-stake.ts';
import { withHub } from './kube-reader.ts';
import { openProgram, type Program, sendAs } from './wallet-transaction.ts';

/** `io-operator appeal`: puts the hash of what the owner says on the chain, signed by its wallet. */
export async function runAppeal(config: AppealConfig): Promise<void> {
  const wallet = fileSigner(config['wallet-key-file']);
  const opened = openProgram(config);
  const found = await caseOfFlags(config, opened);
  if (found.owner !== wallet.address) {
    throw new Error(`the stake is that of ${found.owner}, whose wallet has to appeal`);
  }
  const statement = readFileSync(config['statement-file']);
  const appealHash = sha256Bytes(statement);
  const signature = await sendAs(wallet, opened, [opened.program.appeal({ ...found, appealHash })]);
  const hash = toHex(appealHash);
  process.stdout.write(`appealed with ${hash}: keep the statement (${signature})\n`);
}

/** `io-operator adjudicate`: ends a case, signed by the adjudicator. */
export async function runAdjudicate(config: AdjudicateConfig): Promise<void> {
  const adjudicator = fileSigner(config['key-file']);
  const opened = openProgram(config);
  const found = await caseOfFlags(config, opened);
  const { outcome } = config;
  const signature = await sendAs(adjudicator, opened, [
    opened.program.resolve({ ...found, resolver: adjudicator.address, outcome }),
  ]);
  const amount = `${formatAmount(found.amount, 'IO')} IO`;
  const told =
    outcome === 'Upheld'
      ? `upheld the case; ${amount} were burnt`
      : `reversed the case; ${amount} went back to the stake`;
  process.stdout.write(`${told} (${signature})\n`);
}

/** What instructions of a case need, read from the chain. */
async function caseOfFlags(
  config: AppealConfig | AdjudicateConfig,
  { chain, program }: Program,
): Promise<CaseOf & Readonly<{ amount: bigint }>> {
  const { programId } = program.deployment;
  const address = config.case.includes('/') ? await addressOf(config) : config.case;
  const [account] = await chain.accounts([address], 'confirmed');
  if (account?.owner !== programId) throw new Error(`${address} is no case on this chain`);
  const { stake, caseId, amount } = decodeCase(account.data);
  const [behind] = await chain.accounts([stake], 'confirmed');
  if (behind?.owner !== programId) throw new Error(`the stake ${stake} of the case is gone`);
  const { owner, deviceId } = decodeStake(behind.data);
  return { owner, deviceId, caseId, amount };
}

/** The account of an IOSlashCase, as the hub has it. */
function addressOf(config: AppealConfig | AdjudicateConfig): Promise<string> {
  return withHub(config, async (client) => {
    const { namespace = '', name } = splitKey(config.case);
    const found = await client.get(ioSlashCaseResource, name, namespace);
    if (found === undefined) throw new Error(`there is no IOSlashCase ${config.case}`);
    const address = found.status?.chain?.address;
    if (address !== undefined) return address;
    const opened = found.status?.conditions?.find(({ type }) => type === 'Opened');
    throw new Error(`it is not on the chain yet: ${opened?.message ?? 'no hub has seen it'}`);
  });
}
