import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type IODeviceStatus,
  type IOSlashCase,
  type IOSlashCaseStatus,
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
  ioPlacementResource,
  ioSlashCaseResource,
} from '../../crds/schema/index.ts';
import { device as deviceManifest } from '../../crds/schema/vectors/member-side.ts';
import { KubeApi, type Manifest } from '../../hack/federation/kube-api.ts';
import { createOperationStore } from '../adapters/postgres/chain-operations.ts';
import { inventoryVerifier } from '../adapters/inventory/inventory-verifier.ts';
import { createMetrics, type Metrics } from '../adapters/prometheus/metrics.ts';
import { createChain } from '../adapters/solana/chain.ts';
import { transactionSigners } from '../adapters/solana/signers.ts';
import { type HubConfig, readConfig, type StakeConfig } from '../config.ts';
import { placementIndexes } from '../reconcilers/federation-state.ts';
import { clusterIndexes } from '../reconcilers/io-cluster/observe.ts';
import { deviceIndexes, ioDeviceController } from '../reconcilers/io-device/index.ts';
import { deviceStakeIndexes } from '../reconcilers/io-device/stake.ts';
import { slashCaseIndexes } from '../reconcilers/io-slash-case/index.ts';
import { operationSender } from '../reconcilers/settlement/operation-sender.ts';
import { accountOfMember } from '../reconcilers/stake-owner.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { EventRecorder } from '../runtime/events.ts';
import { Informer } from '../runtime/informer.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Manager } from '../runtime/manager.ts';
import { deviceIdOf } from '../settlement/ids.ts';
import { operationHandlers } from '../settlement/operations/registry.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { startTestChain, type TestChain } from '../testing/chain.ts';
import { eventually } from '../testing/eventually.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import type { TestWallet } from '../testing/wallet.ts';
import { runAdjudicate, runAppeal } from './case.ts';
import { openStakes } from './hub-stakes.ts';
import { runStake } from './stake.ts';

/** Stakes and cases on a real API server, a real chain with the program, and a real PostgreSQL. */

const member = 'amsterdam';
const namespace = `io-member-${member}`;
const io = 100_000_000n;
const daySeconds = 86_400;
const patience = { withinMs: 30_000 };
/** What a stake may take to show, from when the chain has it for good. */
const soon = { withinMs: 5_000 };
const compute = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}`;

let cluster: PrivateCluster;
let api: KubeApi;
let net: TestChain;
let database: TestDatabase;
let directory: string;
let metrics: Metrics;
let supplier: TestWallet;
let stranger: TestWallet;
const stop = new AbortController();
let ended: Promise<void>;

beforeAll(async () => {
  [cluster, net, database, directory] = await Promise.all([
    startPrivateControlPlane({ name: 'stakes' }),
    startTestChain({ genesis: { slashCapPerEpoch: 3_000n * io } }),
    testDatabase(),
    mkdtemp(join(tmpdir(), 'stakes-')),
  ]);
  api = new KubeApi(cluster.adminKubeconfigPath);
  [supplier, stranger] = await Promise.all([net.wallet('supplier'), net.wallet('stranger')]);
  for (const wallet of [supplier, stranger]) await net.fund(wallet.address, 'IO', 100_000n * io);
  for (const [name, { secret }] of Object.entries({
    supplier,
    stranger,
    adjudicator: net.roles.adjudicator,
  })) {
    await writeFile(keyFile(name), JSON.stringify([...secret]), { mode: 0o600 });
  }
  for (const name of ['suppliers', namespace]) {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await api.apply(
    object('IOAccount', 'ams', 'suppliers', { kind: 'Supplier', wallet: supplier.address }),
  );
  await api.apply(
    object('IOMember', member, undefined, {
      accepted: true,
      location: { country: 'NL' },
      accountRef: { namespace: 'suppliers', name: 'ams' },
      offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 }],
    }),
  );
  ended = startHub();
}, 180_000);

afterAll(async () => {
  stop.abort();
  await ended;
  await Promise.all([net?.close(), database?.close(), api?.close()]);
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const keyFile = (name: string): string => join(directory, `${name}.json`);

const object = (
  kind: string,
  name: string,
  inNamespace: string | undefined,
  spec: object,
): Manifest => ({
  apiVersion: 'compute.io.net/v1alpha1',
  kind,
  metadata: { name, ...(inNamespace === undefined ? {} : { namespace: inNamespace }) },
  spec,
});

/** The controllers of a hub that have to do with stakes, as operator/main/hub.ts wires them. */
function startHub(): Promise<void> {
  const client = new ApiClient({
    kubeConfig: loadKubeConfig(cluster.adminKubeconfigPath),
    userAgent: 'test',
  });
  metrics = createMetrics('hub');
  const base = { client, clock: systemClock, metrics, logger: silentLogger };
  const events = new EventRecorder({ ...base, component: 'compute.io.net/hub' });
  const shared = {
    ...base,
    events,
    accounts: new Informer({ ...base, resource: ioAccountResource }),
    clusters: new Informer({ ...base, resource: ioClusterResource, indexes: clusterIndexes }),
    devices: new Informer({
      ...base,
      resource: ioDeviceResource,
      indexes: { ...deviceIndexes, ...deviceStakeIndexes },
    }),
    members: new Informer({
      ...base,
      resource: ioMemberResource,
      indexes: { account: accountOfMember },
    }),
    placements: new Informer({
      ...base,
      resource: ioPlacementResource,
      indexes: placementIndexes,
    }),
    slashCases: new Informer({
      ...base,
      resource: ioSlashCaseResource,
      indexes: slashCaseIndexes,
    }),
  };
  const chain = createChain([net.url]);
  const store = createOperationStore(database.writer);
  const { deployment } = net;
  const config = readConfig(['hub', '--require-stake=true', '--co-staking=true'], {}) as HubConfig;
  const stakes = openStakes(config, shared, { chain, deployment, operations: store });
  const { slasher } = net.roles;
  const manager = new Manager({ events: [events], closers: [client] })
    .addController(
      ioDeviceController({
        ...shared,
        concurrency: 4,
        verifier: inventoryVerifier,
        staking: stakes.staking,
      }),
    )
    .addController(stakes.cases)
    .addInformer(shared.clusters)
    .addRunnable(stakes.watch)
    .addRunnable(
      operationSender({
        ...shared,
        store,
        chain,
        deployment,
        signers: transactionSigners({ slasher }),
        handlers: operationHandlers,
        maxMicroLamportsPerUnit: 0n,
        everyMs: 50,
      }),
    );
  return manager.start(stop.signal);
}

/** What a command prints. */
async function run(command: string, ...flags: string[]): Promise<string> {
  const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { programId, ioMint, usdcMint } = net.deployment;
  const args = [
    command,
    `--solana-rpc-url=${net.url}`,
    `--solana-program-id=${programId}`,
    `--solana-io-mint=${ioMint}`,
    `--solana-usdc-mint=${usdcMint}`,
    ...flags,
  ];
  try {
    const config = readConfig(args, {});
    if (config.command === 'appeal') await runAppeal(config);
    else if (config.command === 'adjudicate') await runAdjudicate(config);
    else await runStake(config as StakeConfig);
    return printed.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    printed.mockRestore();
  }
}

const asSupplier = (): string => `--wallet-key-file=${keyFile('supplier')}`;
const onHub = (): string => `--kubeconfig=${cluster.adminKubeconfigPath}`;

async function putDevice(index: number, annotations: Record<string, string> = {}): Promise<string> {
  const name = `node-1-gpu-${index}`;
  const manifest = deviceManifest({ index });
  const metadata = { name, namespace, annotations };
  await api.apply({ ...manifest, metadata });
  return name;
}

type Status = Pick<IODeviceStatus, 'conditions' | 'stake'> &
  Pick<IOSlashCaseStatus, 'chain' | 'appeal' | 'outcome'>;

/** The status of an object, with its conditions by type as `True Reason`. */
async function look(path: string) {
  const found = (await api.get(`${compute}/${path}`)) as { status?: Status } | undefined;
  const status = found?.status;
  const conditions = Object.fromEntries(
    (status?.conditions ?? []).map((each) => [each.type, `${each.status} ${each.reason}`]),
  );
  return { status, conditions };
}

const lookAt = (device: string) => look(`iodevices/${device}`);
const lookAtCase = (name: string) => look(`ioslashcases/${name}`);

const openCase = (name: string, device: string, amount: bigint) =>
  api.apply(
    object('IOSlashCase', name, namespace, {
      deviceRef: { name: device },
      reason: 'FalseInventory',
      evidence: { sha256: 'ab'.repeat(32) },
      amountBaseUnits: String(amount),
    }),
  );

async function eventsOf(name: string): Promise<readonly string[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const list = (await api.get(path)) as {
    items: { regarding: { name: string }; type: string; reason: string }[];
  };
  return list.items
    .filter(({ regarding }) => regarding.name === name)
    .map(({ type, reason }) => `${type} ${reason}`);
}

async function metric(name: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

const supplyOf = async (): Promise<bigint> => {
  const [mint] = await createChain([net.url]).accounts([net.deployment.ioMint]);
  return Buffer.from(mint?.data ?? []).readBigUInt64LE(36);
};

test('a device needs the stake of its supplier’s proven wallet, and of no other', async () => {
  const device = await putDevice(0);
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({
      Staked: 'False WalletNotProved',
      Offered: 'False NotStaked',
      Slashed: 'False NoCase',
    });
    expect(status).not.toHaveProperty('stake');
  }, patience);

  const time = new Date().toISOString();
  const proved = { type: 'WalletProved', status: 'True', reason: 'Proved', message: 'x' };
  await api.send(
    'PATCH',
    '/apis/compute.io.net/v1alpha1/namespaces/suppliers/ioaccounts/ams/status',
    { status: { conditions: [{ ...proved, lastTransitionTime: time }] } },
    'application/merge-patch+json',
  );
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({ Staked: 'False NotStaked', Offered: 'False NotStaked' });
    expect(status?.stake).toEqual({ amountBaseUnits: '0', requiredBaseUnits: '200000000000' });
  }, patience);

  const theirs = `--wallet-key-file=${keyFile('stranger')}`;
  const where = [`--member=${member}`, `--device=${device}`];
  expect(await run('stake', theirs, ...where, '--amount=2000')).toContain('staked 2000.00 IO');
  await eventually(async () => {
    expect((await lookAt(device)).conditions).toMatchObject({ Staked: 'False OtherWallet' });
  }, soon);

  expect(await run('stake', asSupplier(), ...where, onHub())).toMatch(
    /^staked 2000\.00 IO behind node-1-gpu-0 of amsterdam \(\w+\)\n$/,
  );
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({ Staked: 'True Staked', Offered: 'True Offered' });
    expect(status?.stake).toMatchObject({ amountBaseUnits: '200000000000' });
  }, soon);
  expect(await run('stake', asSupplier(), ...where, onHub())).toBe('nothing to do\n');
  await eventually(async () => {
    expect(await eventsOf(device)).toContain('Normal Staked');
  }, patience);
}, 120_000);

test('a stake that is asked back counts no more, and is paid after 14 days', async () => {
  const device = 'node-1-gpu-0';
  const where = [`--member=${member}`, `--device=${device}`];
  expect(await run('unstake', asSupplier(), ...where)).toContain('asked 2000.00 IO back');
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({ Staked: 'False CoolingDown', Offered: 'False NotStaked' });
    expect(status?.stake?.unlockTime).toBeDefined();
  }, soon);

  const owner = supplier.address;
  const destination = await net.fund(owner, 'IO', 0n);
  const deviceId = deviceIdOf(member, device);
  const withdraw = net.program.withdraw({ owner, deviceId, destination });
  await net.warp(14 * daySeconds - 3_600);
  expect(await run('withdraw-stake', asSupplier(), ...where)).toContain('in cooldown until');
  await expect(net.send([withdraw], [supplier])).rejects.toThrow(/0x1773|6003/);

  const before = await net.tokens(destination);
  await net.warp(3_600);
  // The command goes by what is final, which is a little behind.
  await eventually(async () => {
    const told = await run('withdraw-stake', asSupplier(), '--all=true');
    expect(told).toContain('withdrew 2000.00 IO');
  }, patience);
  expect((await net.tokens(destination)) - before).toBe(2_000n * io);
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({ Staked: 'False OtherWallet' });
    expect(status?.stake).toEqual({ amountBaseUnits: '0', requiredBaseUnits: '200000000000' });
  }, soon);
}, 120_000);

test('a case burns 30 days later, and the supply falls by exactly that', async () => {
  const device = await putDevice(1);
  const where = [`--member=${member}`, `--device=${device}`];
  await run('stake', asSupplier(), ...where, '--amount=2050');
  await openCase('burns', device, 60n * io);
  await eventually(async () => {
    const { conditions, status } = await lookAtCase('burns');
    expect(conditions).toEqual({
      Opened: 'True Opened',
      Appealed: 'False NotAppealed',
      Resolved: 'False Pending',
    });
    expect(status?.chain).toMatchObject({
      owner: supplier.address,
      amountBaseUnits: String(60n * io),
    });
    expect((await lookAt(device)).conditions).toMatchObject({
      Staked: 'False Slashed',
      Slashed: 'Unknown CaseOpen',
    });
  }, patience);
  await eventually(async () => {
    expect(await metric('io_slash_cases_open')).toBe(1);
    expect(await eventsOf(device)).toContain('Warning Opened');
  }, patience);

  const supply = await supplyOf();
  await net.warp(30 * daySeconds + 60);
  await eventually(async () => {
    const { conditions, status } = await lookAtCase('burns');
    expect(conditions).toMatchObject({
      Appealed: 'False DeadlinePassed',
      Resolved: 'True Burned',
    });
    expect(status?.outcome?.decision).toBe('Burned');
    expect((await lookAt(device)).conditions).toMatchObject({
      Staked: 'False BelowMinimum',
      Slashed: 'True Burnt',
    });
  }, patience);
  await eventually(async () => {
    expect(supply - (await supplyOf())).toBe(60n * io);
    expect(await metric('io_slash_cases_open')).toBe(0);
    expect(await metric('io_burnt_base_units')).toBe(Number(60n * io));
  }, patience);
  const { metadata } = (await api.get(`${compute}/ioslashcases/burns`)) as IOSlashCase;
  expect(metadata.finalizers ?? []).toEqual([]);
}, 120_000);

test('an appealed case waits for the adjudicator, who can give the stake back', async () => {
  const device = await putDevice(2);
  await run('stake', asSupplier(), `--member=${member}`, `--device=${device}`, '--amount=2000');
  await openCase('reversed', device, 9_000n * io);
  const inFull = `--case=${namespace}/reversed`;
  await eventually(async () => {
    const { conditions, status } = await lookAtCase('reversed');
    expect(conditions).toMatchObject({ Opened: 'True Opened' });
    expect(status?.chain?.amountBaseUnits).toBe(String(2_000n * io));
  }, patience);

  const statement = join(directory, 'statement');
  await writeFile(statement, 'it is an H100');
  const appeal = [`--statement-file=${statement}`, inFull, onHub()];
  const theirs = `--wallet-key-file=${keyFile('stranger')}`;
  await expect(run('appeal', theirs, ...appeal)).rejects.toThrow('whose wallet has to appeal');
  expect(await run('appeal', asSupplier(), ...appeal)).toContain('appealed with');
  await eventually(async () => {
    const { conditions, status } = await lookAtCase('reversed');
    expect(conditions).toMatchObject({ Appealed: 'True Appealed', Resolved: 'False Pending' });
    expect(status?.appeal?.sha256).toHaveLength(64);
    expect((await lookAt(device)).conditions).toMatchObject({ Slashed: 'Unknown CaseAppealed' });
  }, patience);

  const decision = ['--outcome=Reversed', inFull, onHub()];
  await expect(run('adjudicate', `--key-file=${keyFile('stranger')}`, ...decision)).rejects.toThrow(
    'WrongAuthority',
  );
  expect(await run('adjudicate', `--key-file=${keyFile('adjudicator')}`, ...decision)).toContain(
    'reversed the case; 2000.00 IO went back to the stake',
  );
  await eventually(async () => {
    expect((await lookAtCase('reversed')).conditions).toMatchObject({ Resolved: 'True Reversed' });
    expect((await lookAt(device)).conditions).toMatchObject({
      Staked: 'True Staked',
      Slashed: 'False NoCase',
    });
  }, patience);
}, 120_000);

test('cases that ask for more than the cap of an epoch wait for the next one', async () => {
  await net.warp(3_600);
  const device = await putDevice(3);
  await run('stake', asSupplier(), `--member=${member}`, `--device=${device}`, '--amount=8000');
  await openCase('too-much', device, 3_001n * io);
  await openCase('first', device, 2_000n * io);
  await eventually(async () => {
    expect((await lookAtCase('too-much')).conditions).toMatchObject({
      Opened: 'False CapReached',
    });
    expect((await lookAtCase('first')).conditions).toMatchObject({ Opened: 'True Opened' });
  }, patience);
  await openCase('second', device, 2_000n * io);
  await eventually(async () => {
    expect((await lookAtCase('second')).conditions).toMatchObject({ Opened: 'False CapReached' });
  }, patience);
  await net.warp(3_600);
  await eventually(async () => {
    expect((await lookAtCase('second')).conditions).toMatchObject({ Opened: 'True Opened' });
  }, patience);
}, 120_000);

test('a second wallet that the device names may stake beside its owner', async () => {
  const device = await putDevice(4, { 'compute.io.net/co-staker': stranger.address });
  const where = [`--member=${member}`, `--device=${device}`];
  const theirs = `--wallet-key-file=${keyFile('stranger')}`;
  await run('stake', asSupplier(), ...where, '--amount=2000');
  await run('stake', theirs, ...where, '--amount=5000');
  await eventually(async () => {
    const { conditions, status } = await lookAt(device);
    expect(conditions).toMatchObject({ Staked: 'True Staked' });
    expect(status?.stake?.coStake).toEqual({
      wallet: stranger.address,
      amountBaseUnits: String(5_000n * io),
      countedBaseUnits: String(2_000n * io),
    });
  }, soon);
}, 120_000);
