import { join } from 'node:path';
import { sql } from 'kysely';
import { type IODevice, ioSlashCaseResource } from '../../crds/schema/index.ts';
import { memberNamespace } from '../../operator/domain/lease.ts';
import { formatAmount } from '../../operator/domain/pricing/assets.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { supplierOf } from '../federation/operator-install.ts';
import { writePrivate } from '../federation/pki.ts';
import type { KeptKey, Settlement } from '../federation/settlement.ts';
import type { World } from '../federation/world.ts';
import { moneyOf, withDatabase } from './money.ts';
import { reportPastUptime } from './past-uptime.ts';
import type { Say, Stages } from './stages.ts';

const POLL_MS = 100;
const STAGE_WITHIN_S = 90;
/** From a stake that is final to the condition. */
const STAKED_WITHIN_S = 5;
const UPTIME_HOURS = 7;
const DAY_S = 86_400;
const COOLDOWN_S = 14 * DAY_S;
const APPEAL_S = 30 * DAY_S;
const CHALLENGE_S = 1_800;
const FINAL_WITHIN_MS = 30_000;
/** What the supplier begins with: 100,000 IO. */
const FUNDS = 10_000_000_000_000n;

const ownerAccount = 'demo-owner';
/** Where the short job of the demo runs: its H100s are the cheapest. */
const suppliersMember = 'singapore-1';

/** A supplier and what of it the demo shows. */
export type Supplier = Readonly<{
  world: World;
  settlement: Settlement;
  wallet: KeptKey;
  member: string;
}>;

/**
 * A supplier puts stake behind its devices, past epochs are closed, and it claims what its devices
 * earned. Nothing may be leased before: closing begins with the first epoch.
 */
export async function earnRewards(world: World, stages: Stages): Promise<void> {
  const supplier = await supplierOn(world);
  const run = stagesOf(stages);
  await run('a supplier proves by a signature that a wallet is its own', () =>
    proveWallet(supplier),
  );
  await run('it stakes IO behind its devices: Staked within 5 s', () => stakeDevices(supplier));
  await run('epochs close, rewards are shared, a root is published', (say) =>
    closeEpochs(supplier, say),
  );
  await run('after the challenge delay it claims its rewards, once', () => claimRewards(supplier));
}

/** Stake comes back after its cooldown, and is burnt after a case that nobody appealed. */
export async function endStakes(world: World, stages: Stages): Promise<void> {
  const supplier = await supplierOn(world);
  const run = stagesOf(stages);
  await run('it is paid what its devices earned, into its wallet', () => payOut(supplier));
  await run('unstaking: refused before 14 days, paid after them', () => unstake(supplier));
  await run('a case without appeal burns the stake after 30 days', () => burn(supplier));
  await run('ledger and chain agree to the unit', () => compare(supplier));
}

const stagesOf =
  (stages: Stages) =>
  (title: string, work: (say: Say) => Promise<readonly string[]>): Promise<boolean> =>
    stages.run(title, STAGE_WITHIN_S, work);

async function supplierOn(world: World): Promise<Supplier> {
  const { settlement } = world.operator;
  if (settlement === undefined) throw new Error('the product was started without a chain');
  return {
    world,
    settlement,
    member: suppliersMember,
    wallet: await settlement.wallet('supplier'),
  };
}

async function proveWallet({ world, member, wallet }: Supplier): Promise<readonly string[]> {
  const { namespace, name } = supplierOf(member);
  const patch = JSON.stringify({ spec: { wallet: wallet.address } });
  await world.mustKubectl(['patch', 'ioa', name, '-n', namespace, '--type=merge', '-p', patch]);
  const rights = [
    ['create', 'serviceaccount', ownerAccount],
    ['create', 'role', ownerAccount, '--verb=get,update', '--resource=ioaccounts.compute.io.net'],
    [
      'create',
      'rolebinding',
      ownerAccount,
      `--role=${ownerAccount}`,
      `--serviceaccount=${namespace}:${ownerAccount}`,
    ],
  ];
  for (const right of rights) await world.mustKubectl([...right, '-n', namespace]);
  const token = await world.mustKubectl(['create', 'token', ownerAccount, '-n', namespace]);
  const tokenFile = join(world.federation.runDirectory, 'demo-owner-token');
  writePrivate(tokenFile, token.trim());
  const { apiPort, authority, cli } = moneyOf(world);
  const printed = await cli([
    'wallet',
    `--account=${namespace}/${name}`,
    `--wallet-key-file=${wallet.file}`,
    `--api-url=https://127.0.0.1:${apiPort}`,
    `--api-ca=${authority}`,
    `--token-file=${tokenFile}`,
  ]);
  return linesOf(printed);
}

async function stakeDevices(supplier: Supplier): Promise<readonly string[]> {
  const { settlement, wallet, member } = supplier;
  await settlement.fund(wallet.address, 'IO', FUNDS);
  const stakeable = (await devicesOf(supplier)).filter((device) => isTrue(device, 'Verified'));
  const printed = await stakeCommand(supplier, 'stake', [`--member=${member}`, '--all=true']);
  const final = performance.now();
  await eventually(
    async () => {
      const staked = (await devicesOf(supplier)).filter((device) => isTrue(device, 'Staked'));
      if (staked.length < stakeable.length) {
        throw new Error(`${staked.length} of ${stakeable.length} devices are Staked`);
      }
    },
    { withinMs: STAKED_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  const seconds = ((performance.now() - final) / 1000).toFixed(1);
  const [first] = (await devicesOf(supplier)).filter((device) => isTrue(device, 'Staked'));
  return [
    ...linesOf(printed).slice(0, 2),
    `${stakeable.length} devices are Staked ${seconds} s after it was final; ${staked(first)}`,
    `${await inWallet(settlement, wallet)} IO are left in the wallet ${wallet.address}`,
  ];
}

/** Reports the uptime of past hours, closes their epochs and waits until their rewards have a root. */
export async function closeEpochs(supplier: Supplier, say: Say): Promise<readonly string[]> {
  const { world, member } = supplier;
  say('reporting the uptime of the past hours');
  const minutes = await reportPastUptime(world, member, UPTIME_HOURS);
  const { cli, ownerUrlFile } = moneyOf(world);
  const onDatabase = `--database-url-file=${ownerUrlFile}`;
  const reason = '--reason=the members have reported';
  await cli(['epochs', onDatabase, '--action=resume', reason]);
  const rewarded = await withDatabase(world, (database) =>
    eventually(
      async () => {
        const { rows } = await sql<{ epochs: number; eligible: number; root: number | null }>`
          select (select count(*)::integer from io.reward_epochs) as epochs,
            (select eligible from io.reward_epochs order by epoch desc limit 1) as eligible,
            (select max(epoch) from io.reward_roots) as root`.execute(database);
        const [row] = rows;
        say(`${row?.epochs ?? 0} epochs rewarded`);
        if (row?.root !== row?.epochs || (row?.eligible ?? 0) === 0 || row?.root !== UPTIME_HOURS) {
          throw new Error(`${row?.epochs} epochs, ${row?.eligible} devices, root ${row?.root}`);
        }
        return row;
      },
      { withinMs: STAGE_WITHIN_S * 1000, everyMs: POLL_MS },
    ),
  );
  const listed = linesOf(await cli(['epochs', onDatabase]));
  return [
    `${minutes} minutes were reported as after an outage; ${rewarded?.eligible} devices are eligible`,
    ...listed.slice(0, 3),
    `root of epoch ${rewarded?.root} is to be published`,
  ];
}

/** Somebody gives the program what rewards are paid from. */
export async function fundRewards(
  world: World,
  settlement: Settlement,
): Promise<readonly string[]> {
  const funder = await settlement.wallet('funder');
  await settlement.fund(funder.address, 'IO', FUNDS);
  const funded = await moneyOf(world).cli([
    'fund-rewards',
    ...settlement.flags,
    `--amount=${formatAmount(FUNDS, 'IO')}`,
    `--wallet-key-file=${funder.file}`,
  ]);
  return linesOf(funded);
}

async function claimRewards({ world, settlement, wallet }: Supplier): Promise<readonly string[]> {
  const funded = await fundRewards(world, settlement);
  const before = await settlement.tokens(wallet.address, 'IO');
  const { cli, apiPort, authority } = moneyOf(world);
  const claim = () =>
    cli([
      'claim',
      ...settlement.flags,
      `--wallet-key-file=${wallet.file}`,
      `--api-url=https://127.0.0.1:${apiPort}`,
      `--api-ca=${authority}`,
    ]);
  await eventually(
    async () => {
      const early = await claim().then(
        String,
        (error: Error & { stderr?: string }) => error.stderr,
      );
      if (!String(early).includes('no root of rewards can be claimed by yet; the first one')) {
        throw new Error(`the root is not published yet: ${early}`);
      }
    },
    { withinMs: STAGE_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  await settlement.localnet.warp(CHALLENGE_S + 1);
  // The time of what is final follows some slots later.
  const claimed = await eventually(claim, { withinMs: FINAL_WITHIN_MS, everyMs: POLL_MS });
  const gained = (await settlement.tokens(wallet.address, 'IO')) - before;
  if (gained <= 0n) throw new Error('the wallet has nothing more than before');
  const again = await claim();
  return [
    ...funded,
    ...linesOf(claimed),
    `the wallet has ${formatAmount(gained, 'IO')} IO more`,
    ...linesOf(again),
  ];
}

async function payOut({ world, settlement, wallet, member }: Supplier): Promise<readonly string[]> {
  const { namespace, name } = supplierOf(member);
  const { cli, hubUrlFile } = moneyOf(world);
  const earned = await withDatabase(world, async (database) => {
    const { rows } = await sql<{ balance: bigint }>`
      select balance from io.accounts where kind = 'supplier:earned' and asset = 'USDC'
        and owner = ${`${namespace}/${name}`}`.execute(database);
    return rows[0]?.balance ?? 0n;
  });
  const withdraw = (flags: readonly string[]) =>
    cli([
      'withdraw',
      `--database-url-file=${hubUrlFile}`,
      `--account=${namespace}/${name}`,
      ...flags,
    ]);
  const asked = await withdraw([
    '--cause=Payout',
    `--amount=${formatAmount(earned, 'USDC')}`,
    '--reference=demo-1',
  ]);
  await eventually(
    async () => {
      const paid = await settlement.tokens(wallet.address, 'USDC');
      if (paid !== earned) throw new Error(`${paid} of ${earned} base units are in the wallet`);
    },
    { withinMs: STAGE_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  return [...linesOf(asked), ...linesOf(await withdraw(['--action=list'])).slice(1)];
}

async function unstake(supplier: Supplier): Promise<readonly string[]> {
  const { settlement, wallet, member } = supplier;
  const device = await nthStaked(supplier, 0);
  const flags = [`--member=${member}`, `--device=${device.metadata.name}`];
  const before = await settlement.tokens(wallet.address, 'IO');
  const asked = await stakeCommand(supplier, 'unstake', flags);
  const refusal = await stakeCommand(supplier, 'withdraw-stake', flags);
  if ((await settlement.tokens(wallet.address, 'IO')) !== before) throw new Error('paid at once');
  await settlement.localnet.warp(COOLDOWN_S + 1);
  const paid = await eventually(
    async () => {
      const printed = await stakeCommand(supplier, 'withdraw-stake', flags);
      const gained = (await settlement.tokens(wallet.address, 'IO')) - before;
      if (gained <= 0n) throw new Error(`the stake did not come back: ${printed}`);
      return printed;
    },
    { withinMs: FINAL_WITHIN_MS, everyMs: POLL_MS },
  );
  return [...linesOf(asked), ...linesOf(refusal).slice(0, 1), ...linesOf(paid)];
}

async function burn(supplier: Supplier): Promise<readonly string[]> {
  const { world, settlement, member } = supplier;
  const device = await nthStaked(supplier, 1);
  const amount = BigInt(device.status?.stake?.amountBaseUnits ?? '0');
  const before = await settlement.supply();
  const namespace = memberNamespace(member);
  const metadata = { name: 'false-inventory', namespace };
  await world.hub.create(ioSlashCaseResource, {
    metadata,
    spec: {
      deviceRef: { name: device.metadata.name },
      reason: 'FalseInventory',
      evidence: { sha256: 'ab'.repeat(32) },
      amountBaseUnits: String(amount),
    },
  });
  const opened = await caseIs(world, metadata, 'Opened', 'True');
  await settlement.localnet.warp(APPEAL_S + 1);
  const resolved = await caseIs(world, metadata, 'Resolved', 'True');
  await eventually(
    async () => {
      const burnt = before - (await settlement.supply());
      if (burnt !== amount) throw new Error(`${burnt} base units were burnt, not ${amount}`);
    },
    { withinMs: FINAL_WITHIN_MS, everyMs: POLL_MS },
  );
  return [opened, resolved, `the supply of IO fell by ${formatAmount(amount, 'IO')}`];
}

function caseIs(
  world: World,
  { name, namespace }: { name: string; namespace: string },
  type: string,
  status: string,
): Promise<string> {
  return eventually(
    async () => {
      const found = await world.hub.get(ioSlashCaseResource, name, namespace);
      const condition = found?.status?.conditions?.find((each) => each.type === type);
      if (condition?.status !== status) {
        throw new Error(
          `${type} is ${condition?.status} ${condition?.reason}: ${condition?.message}`,
        );
      }
      return `${type}=${status} ${condition.reason}: ${condition.message}`;
    },
    { withinMs: STAGE_WITHIN_S * 1000, everyMs: POLL_MS },
  );
}

async function compare({ world }: Supplier): Promise<readonly string[]> {
  const { cli, readerUrlFile } = moneyOf(world);
  return eventually(
    async () => {
      const printed = await cli(['reconcile', `--database-url-file=${readerUrlFile}`]);
      if (printed.trim() !== 'ledger and chain agree') throw new Error(printed);
      return linesOf(printed);
    },
    { withinMs: STAGE_WITHIN_S * 1000, everyMs: 1_000 },
  );
}

function stakeCommand(
  { world, settlement, wallet }: Supplier,
  command: 'stake' | 'unstake' | 'withdraw-stake',
  flags: readonly string[],
): Promise<string> {
  return moneyOf(world).cli([
    command,
    ...settlement.flags,
    ...flags,
    `--wallet-key-file=${wallet.file}`,
    `--kubeconfig=${world.federation.hub.adminKubeconfigPath}`,
  ]);
}

async function devicesOf({ world, member }: Supplier): Promise<readonly IODevice[]> {
  return (await world.devices()).filter(({ spec }) => spec.member === member);
}

async function nthStaked(supplier: Supplier, n: number): Promise<IODevice> {
  const staked = (await devicesOf(supplier)).filter(
    (device) => isTrue(device, 'Staked') && device.status?.lease === undefined,
  );
  const device = staked[n];
  if (device === undefined) throw new Error(`only ${staked.length} devices are Staked and free`);
  return device;
}

const isTrue = ({ status }: IODevice, type: string): boolean =>
  status?.conditions?.some((each) => each.type === type && each.status === 'True') === true;

const staked = (device: IODevice | undefined): string =>
  device?.status?.conditions?.find(({ type }) => type === 'Staked')?.message ?? '';

const inWallet = async (settlement: Settlement, { address }: KeptKey): Promise<string> =>
  formatAmount(await settlement.tokens(address, 'IO'), 'IO');

const linesOf = (text: string): readonly string[] => text.trim().split('\n');
