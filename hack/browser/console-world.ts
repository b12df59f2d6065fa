import { readFileSync } from 'node:fs';
import { ioAccountResource } from '../../crds/schema/index.ts';
import { parseAmount } from '../../operator/domain/pricing/assets.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { examplePath } from '../federation/examples.ts';
import { startFederation } from '../federation/index.ts';
import { defaultMembers } from '../federation/member-profiles.ts';
import { type Money, startOperator } from '../federation/operator.ts';
import { supplierOf } from '../federation/operator-install.ts';
import { silentProgress } from '../federation/progress.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import type { KeptKey, Settlement } from '../federation/settlement.ts';
import { World } from '../federation/world.ts';

const MEMBERS = ['frankfurt-1', 'singapore-1'];
const SEED_BYTES = 32;
const PAID_WITHIN_MS = 60_000;
/** 100,000 IO for a supplier's stakes. */
const STAKE_FUNDS = 10_000_000_000_000n;

/** The member whose supplier uses the console. */
export const suppliersMember = 'singapore-1';
export const renter = { namespace: 'default', name: 'renter' } as const;

/** A federation with money, a chain and the console. */
export type ConsoleWorld = Readonly<{
  world: World;
  /** Where people reach the api. */
  origin: string;
  money: Money;
  settlement: Settlement;
  /** The wallet of the supplier; it has lamports and IO. */
  supplier: KeptKey;
  /** The private part of the supplier's key. */
  supplierSeed: Uint8Array;
  stop: () => Promise<void>;
}>;

/** Starts hub, members, PostgreSQL, a chain and the api with the console, and a renter who paid in. */
export async function startConsoleWorld(): Promise<ConsoleWorld> {
  const federation = await startFederation({
    ...{ runDirectory: await ownedRunDirectory('console'), progress: silentProgress },
    members: defaultMembers.filter(({ name }) => MEMBERS.includes(name)),
  });
  try {
    const operator = await startOperator(federation, {
      ...{ money: true, settlement: true, console: true, progress: silentProgress },
      hubArgs: ['--money-poll-seconds=1'],
      agentArgs: ['--heartbeat-seconds=2', '--report-seconds=1'],
    });
    const { money, settlement } = operator;
    if (money === undefined || settlement === undefined) throw new Error('no ledger or no chain');
    const world = new World(federation, operator);
    const supplier = await settlement.wallet('supplier');
    await settlement.fund(supplier.address, 'IO', STAKE_FUNDS);
    await payIn({ world, money, settlement }, '100.00');
    return {
      ...{ world, money, settlement, supplier, supplierSeed: seedOf(supplier) },
      origin: `https://127.0.0.1:${money.apiPort}`,
      stop: async () => {
        await world.close();
        await federation.stop();
      },
    };
  } catch (error) {
    await federation.stop();
    throw error;
  }
}

/** `verbs:resources/name`, such as `get,list:ioclusters.compute.io.net`; the name may be left out. */
export type Right = `${string}:${string}`;

/** A token of a service account in the renter's namespace with these rights there, for tools. */
export async function tokenOf(
  world: World,
  name: string,
  rights: readonly Right[],
): Promise<string> {
  const { namespace } = renter;
  await world.mustKubectl(['create', 'serviceaccount', name, '-n', namespace]);
  for (const [index, right] of rights.entries()) {
    const [verbs = '', object = ''] = right.split(':');
    const [resource = '', only] = object.split('/');
    const role = `${name}-${index}`;
    await world.mustKubectl([
      ...['create', 'role', role, '-n', namespace, `--verb=${verbs}`, `--resource=${resource}`],
      ...(only === undefined ? [] : [`--resource-name=${only}`]),
    ]);
    await world.mustKubectl([
      ...['create', 'rolebinding', role, '-n', namespace, `--role=${role}`],
      `--serviceaccount=${namespace}:${name}`,
    ]);
  }
  return (await world.mustKubectl(['create', 'token', name, '-n', namespace])).trim();
}

/** What the account of the supplier's member is called. */
export const supplierAccount = supplierOf(suppliersMember);

async function payIn(
  { world, money, settlement }: Pick<ConsoleWorld, 'world' | 'money' | 'settlement'>,
  amount: string,
): Promise<void> {
  await world.mustKubectl(['apply', '-f', examplePath('account')]);
  const wallet = await settlement.wallet('renter');
  await settlement.fund(wallet.address, 'USDC', parseAmount(amount, 'USDC') ?? 0n);
  await money.cli([
    ...['pay-in', ...settlement.flags, `--account=${renter.namespace}/${renter.name}`],
    ...[`--amount=${amount}`, `--wallet-key-file=${wallet.file}`],
  ]);
  await eventually(
    async () => {
      const account = await world.hub.get(ioAccountResource, renter.name, renter.namespace);
      const [balance] = account?.status?.balances ?? [];
      if (balance?.available !== amount)
        throw new Error(`it has ${balance?.available ?? 'nothing'}`);
    },
    { withinMs: PAID_WITHIN_MS, everyMs: 100 },
  );
}

/** A key file of Solana's tools holds the private part, then the public one. */
function seedOf({ file }: KeptKey): Uint8Array {
  const bytes = JSON.parse(readFileSync(file, 'utf8')) as readonly number[];
  return Uint8Array.from(bytes.slice(0, SEED_BYTES));
}
