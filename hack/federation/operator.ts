import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOperator } from '../build.ts';
import {
  admit,
  type AgentProcess,
  type AgentsPlan,
  installAgents,
  startAdmitted,
  startDenied,
} from './agents.ts';
import { Components, type ComponentSpec } from './components.ts';
import { installConsole } from './console.ts';
import type { Federation } from './index.ts';
import { type MoneyBase, prepareMoney, runCli } from './money.ts';
import {
  installOnHub,
  issueApiKubeconfig,
  issueHubKubeconfig,
  makeSuppliers,
} from './operator-install.ts';
import { reservePorts } from './ports.ts';
import { createProgress, type Progress } from './progress.ts';
import { initializeFlags, type Settlement, startSettlement } from './settlement.ts';

const HOUR_MS = 3_600_000;
const HOURS_BEFORE = 7;
const READY_WITHIN_MS = 60_000;
const SCRAPE_WITHIN_MS = 5_000;

export type OperatorOptions = {
  /** Hub processes, of which one leads; default 1. */
  readonly hubs?: number;
  /** Default false: with PostgreSQL and `io-operator api`, so that leases are metered and paid. */
  readonly money?: boolean;
  /** Default false: with a Solana chain and the program on it, for deposits, stakes and rewards. */
  readonly settlement?: boolean;
  /** Default false: the api serves the console too, and knows all that its pages ask for. */
  readonly console?: boolean;
  /** Default none: the path that the api and its console are below, behind a proxy. */
  readonly pathPrefix?: string;
  /** More flags of `io-operator hub` and `io-operator agent`. */
  readonly hubArgs?: readonly string[];
  readonly agentArgs?: readonly string[];
  /** More values of the chart of members. */
  readonly memberValues?: object;
  /** Changes how the agent of a member is started, such as behind what network. */
  readonly agentSpec?: (member: string, spec: ComponentSpec) => Promise<ComponentSpec>;
  /** Members that the administrator denies at first; see `Operator.admit`. */
  readonly denied?: readonly string[];
  /** Default: on stderr. */
  readonly progress?: Progress;
};

/** A running process of the product; it can be ended and started again, as itself. */
export type OperatorProcess = {
  readonly name: string;
  /** `http://host:port`, for /metrics, /healthz and /readyz. */
  readonly url: string;
  readonly logPath: string;
  /** Its process id; undefined when it does not run. */
  pid(): number | undefined;
  /** Returns when /readyz says 200. */
  start(): Promise<void>;
  /** SIGKILL (the default) as a crash would, SIGTERM in order; returns when the process is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
};

/** The ledger's side of a running product. */
export type Money = MoneyBase & {
  readonly api: OperatorProcess;
  /** Runs `io-operator` with these arguments and returns what it printed. */
  readonly cli: (args: readonly string[]) => Promise<string>;
};

/** The product on a federation. */
export type Operator = {
  /** The first of `hubs`. */
  readonly hub: OperatorProcess;
  readonly hubs: readonly OperatorProcess[];
  readonly agents: readonly OperatorProcess[];
  /** Undefined for a product without a ledger. */
  readonly money: Money | undefined;
  /** Undefined for a product without a chain. */
  readonly settlement: Settlement | undefined;
  /** The agent of a member; throws when there is no such member. */
  agent(member: string): OperatorProcess;
  /** Accepts a member that was denied; returns when its agent is ready. */
  admit(member: string): Promise<void>;
  /** Ends all processes in order; what they made stays. */
  stop(): Promise<void>;
};

/**
 * Installs the product into a running federation, lets the members in and starts hub and agents as
 * processes that outlive this one; `stopFederation` ends them too. Returns when all are ready.
 */
export async function startOperator(
  federation: Federation,
  options: OperatorOptions = {},
): Promise<Operator> {
  const progress = options.progress ?? createProgress();
  const left = [
    ...(options.money === true ? [] : [moneyStep]),
    ...(options.settlement === true ? [] : [chainStep]),
  ];
  const planned = steps.filter(([id]) => !left.includes(id));
  progress.plan(planned.map(([id, typicalSeconds]) => ({ id, typicalSeconds })));
  const directory = join(federation.runDirectory, 'operator');
  // A copy of its own: what runs here does not change when somebody builds again.
  const bundle = join(directory, 'io-operator.mjs');
  await progress.during('build io-operator', () => buildOperator(bundle));
  await progress.during('install CRDs and rights', () => installOnHub(federation));
  const components = new Components(directory);
  const settlement =
    options.settlement === true
      ? await progress.during(chainStep, () => startChain(directory, bundle, progress))
      : undefined;
  const money =
    options.money === true
      ? await progress.during(moneyStep, () =>
          startMoney(federation, components, bundle, { settlement, options }),
        )
      : undefined;
  const run = { federation, options, bundle, directory, money, settlement };
  const hubs = await hubSpecs(run);
  await progress.during('start hub', () => components.launch(hubs));
  const plan = agentsPlan(run);
  const installed = await progress.during('install the chart of members', async () => {
    await makeSuppliers(federation);
    return installAgents(plan);
  });
  const agents = await changed(await agentSpecs(run, installed), options.agentSpec);
  await progress.during('agents join', () => joinAll(plan, components, agents, options.denied));
  return operatorOf(components, hubs, [...agents.values()], {
    ...{ money, settlement },
    admit: async (member) => {
      await admit(plan, member);
      await components.start(agentName(member));
    },
  });
}

async function changed(
  specs: ReadonlyMap<string, ComponentSpec>,
  change: OperatorOptions['agentSpec'],
): Promise<ReadonlyMap<string, ComponentSpec>> {
  if (change === undefined) return specs;
  const changing = [...specs].map(
    async ([member, each]) => [member, await change(member, each)] as const,
  );
  return new Map(await Promise.all(changing));
}

/** Returns when those that are let in are ready, and the others have been denied. */
async function joinAll(
  plan: AgentsPlan,
  components: Components,
  agents: ReadonlyMap<string, ComponentSpec>,
  denied: readonly string[] = [],
): Promise<void> {
  const of = (isDenied: boolean): ReadonlyMap<string, ComponentSpec> =>
    new Map([...agents].filter(([member]) => denied.includes(member) === isDenied));
  // One after the other: both write down what they start.
  await startDenied(plan, components, of(true));
  await startAdmitted(plan, components, of(false));
}

const chainStep = 'start a Solana chain with the program';
const moneyStep = 'start PostgreSQL and io-operator api';
const steps = [
  ['build io-operator', 1],
  ['install CRDs and rights', 3],
  [chainStep, 8],
  [moneyStep, 4],
  ['start hub', 3],
  ['install the chart of members', 5],
  ['agents join', 6],
] as const;

type Run = Readonly<{
  federation: Federation;
  options: OperatorOptions;
  bundle: string;
  directory: string;
  money: Money | undefined;
  settlement: Settlement | undefined;
}>;

async function startChain(
  directory: string,
  bundle: string,
  progress: Progress,
): Promise<Settlement> {
  const settlement = await startSettlement(join(directory, 'solana'), progress);
  await runCli(bundle, initializeFlags(settlement, settledGenesis()));
  return settlement;
}

/** Some hours ago, so that there are epochs to close, and uptime that rewards ask for. */
function settledGenesis(): string {
  const hour = Math.floor(Date.now() / HOUR_MS) - HOURS_BEFORE;
  return new Date(hour * HOUR_MS).toISOString();
}

async function startMoney(
  federation: Federation,
  components: Components,
  bundle: string,
  { settlement, options }: Pick<Run, 'settlement' | 'options'>,
): Promise<Money> {
  const plan =
    settlement === undefined
      ? {}
      : { genesis: settledGenesis(), pausedBecause: 'the members are still to report' };
  const base = await prepareMoney(federation, components.directory, bundle, plan);
  const [port = 0] = await reservePorts(1, components.directory);
  const publicDomain = `127.0.0.1:${base.apiPort}`;
  const api = spec('api', port, bundle, [
    'api',
    `--database-url-file=${base.apiUrlFile}`,
    `--listen-address=127.0.0.1:${base.apiPort}`,
    `--tls-cert=${base.apiTls.certificate}`,
    `--tls-key=${base.apiTls.key}`,
    `--client-ca=${base.authority}`,
    `--hub-kubeconfig=${issueApiKubeconfig(federation)}`,
    `--public-domain=${publicDomain}`,
    ...(settlement?.flags ?? []),
    ...(options.console === true
      ? await installConsole(components.directory, { publicDomain, pathPrefix: options.pathPrefix })
      : []),
  ]);
  await components.launch([api]);
  return {
    ...base,
    api: processOf(components, api),
    cli: (args) => runCli(bundle, args),
  };
}

async function hubSpecs({
  federation,
  options,
  bundle,
  directory,
  money,
  settlement,
}: Run): Promise<readonly ComponentSpec[]> {
  const kubeconfig = issueHubKubeconfig(federation);
  const { hubs = 1, hubArgs = [] } = options;
  const ports = await reservePorts(hubs, directory);
  return ports.map((port, index) => {
    const name = hubs === 1 ? 'hub' : `hub-${index + 1}`;
    const moneyArgs =
      money === undefined
        ? []
        : [
            `--database-url-file=${money.hubUrlFile}`,
            `--gateway-url=https://127.0.0.1:${money.apiPort}`,
          ];
    return spec(name, port, bundle, [
      'hub',
      `--kubeconfig=${kubeconfig}`,
      ...moneyArgs,
      ...(settlement === undefined ? [] : settlementArgs(settlement)),
      ...hubArgs,
    ]);
  });
}

const agentsPlan = ({ federation, options, bundle, directory, money }: Run): AgentsPlan => ({
  ...{ federation, bundle, directory, args: options.agentArgs ?? [] },
  values: options.memberValues,
  intake:
    money === undefined
      ? undefined
      : { url: `https://127.0.0.1:${money.apiPort}`, ca: readFileSync(money.authority, 'utf8') },
});

/** By member. */
async function agentSpecs(
  { bundle, directory }: Run,
  installed: readonly AgentProcess[],
): Promise<ReadonlyMap<string, ComponentSpec>> {
  const ports = await reservePorts(installed.length, directory);
  return new Map(
    installed.map(({ member, args, env }, index) => {
      const made = spec(agentName(member), ports[index] ?? 0, bundle, args);
      return [member, { ...made, env: { ...made.env, ...env } }];
    }),
  );
}

/** The adjudicator is another person: the hub does not have that key. */
const settlementArgs = ({ flags, role }: Settlement): readonly string[] => [
  ...flags,
  '--payout-batch-seconds=1',
  ...(['publisher', 'slasher', 'treasurer'] as const).map(
    (name) => `--solana-${name}-key-file=${role(name).file}`,
  ),
];

const agentName = (member: string): string => `agent-${member}`;

function spec(name: string, port: number, bundle: string, args: readonly string[]): ComponentSpec {
  return {
    name,
    command: process.execPath,
    args: [bundle, ...args, `--metrics-address=127.0.0.1:${port}`],
    // What this process was started with, such as Jest's, is none of the product's business.
    env: { NODE_OPTIONS: '' },
    ready: { url: `http://127.0.0.1:${port}/readyz` },
    readyWithinMs: READY_WITHIN_MS,
  };
}

function operatorOf(
  components: Components,
  hubSpecList: readonly ComponentSpec[],
  agentSpecList: readonly ComponentSpec[],
  {
    money,
    settlement,
    admit: admitMember,
  }: Readonly<{
    money: Money | undefined;
    settlement: Settlement | undefined;
    admit: (member: string) => Promise<void>;
  }>,
): Operator {
  const hubs = hubSpecList.map((each) => processOf(components, each));
  const agents = agentSpecList.map((each) => processOf(components, each));
  const [hub] = hubs;
  if (hub === undefined) throw new Error('an operator needs at least one hub process');
  return {
    hub,
    hubs,
    agents,
    money,
    settlement,
    agent(member) {
      const found = agents.find(({ name }) => name === agentName(member));
      if (found !== undefined) return found;
      throw new Error(`no ${agentName(member)}, only ${agents.map(({ name }) => name).join(', ')}`);
    },
    admit: admitMember,
    stop: async () => {
      await Promise.all([...hubs, ...agents].map((each) => each.kill('SIGTERM')));
      await money?.api.kill('SIGTERM');
      await money?.database.stop();
      await settlement?.localnet.stop();
    },
  };
}

function processOf(components: Components, { name, ready }: ComponentSpec): OperatorProcess {
  const url = new URL(ready.url).origin;
  return {
    name,
    url,
    logPath: components.logPath(name),
    pid: () => components.running().find((running) => running.name === name)?.pid,
    start: () => components.start(name),
    kill: (signal = 'SIGKILL') =>
      signal === 'SIGKILL' ? components.kill(name) : components.stop(name),
    async metrics() {
      const signal = AbortSignal.timeout(SCRAPE_WITHIN_MS);
      const response = await fetch(`${url}/metrics`, { signal });
      if (response.ok) return response.text();
      throw new Error(`${name}: GET /metrics answered ${response.status}`);
    },
  };
}
