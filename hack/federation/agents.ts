import { join } from 'node:path';
import type { Components, ComponentSpec } from './components.ts';
import type { Federation, FederationMember } from './index.ts';
import { type Administrator, installAgent, kubectlIo, untilAsked } from './join.ts';
import { KubeApi } from './kube-api.ts';
import { supplierOf } from './operator-install.ts';

/** The agents of a federation: invited, installed by their chart, and let in or not. */

/** What agents are told of the intake. */
export type IntakeRoute = { readonly url: string; readonly ca: string };

export type AgentsPlan = {
  readonly federation: Federation;
  readonly bundle: string;
  /** The operator's; each agent gets a folder in it. */
  readonly directory: string;
  /** Undefined: nothing is metered. */
  readonly intake: IntakeRoute | undefined;
  /** More flags of `io-operator agent`; they win over those of the chart. */
  readonly args: readonly string[];
  /** More values of the chart. */
  readonly values?: object | undefined;
};

/** What an agent's process is made from: its flags, and what its pod would find in its environment. */
export type AgentProcess = {
  readonly member: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** Invites the members and installs the chart on each with the values that the invitation gave. */
export function installAgents(plan: AgentsPlan): Promise<readonly AgentProcess[]> {
  return Promise.all(plan.federation.members.map((member) => installOne(plan, member)));
}

async function installOne(plan: AgentsPlan, member: FederationMember): Promise<AgentProcess> {
  const { directory, intake, args, values } = plan;
  const { name } = member.profile;
  const apiUrl = intake === undefined ? [] : [`--api-url=${intake.url}`];
  const invitation = await kubectlIo(administratorOf(plan), 'invite', name, ...apiUrl);
  const installed = await installAgent({
    ...{ member, invitation, values },
    apiCa: intake?.ca,
    directory: agentDirectory(directory, name),
    spoolDirectory: join(directory, 'spool', name),
    accountRef: supplierOf(name),
  });
  return {
    member: name,
    args: [...installed.args, `--kubeconfig=${installed.kubeconfig}`, ...args],
    env: installed.env,
  };
}

/** Starts agents, lets their members in as soon as they ask, and returns when they are ready. */
export async function startAdmitted(
  plan: AgentsPlan,
  components: Components,
  specs: ReadonlyMap<string, ComponentSpec>,
): Promise<void> {
  const started = components.launch([...specs.values()]);
  await Promise.all([started, ...[...specs.keys()].map((member) => admit(plan, member))]);
}

/** Starts agents whose members are denied: they wait. */
export async function startDenied(
  plan: AgentsPlan,
  components: Components,
  specs: ReadonlyMap<string, ComponentSpec>,
): Promise<void> {
  await components.begin([...specs.values()]);
  for (const member of specs.keys()) {
    await withHub(plan, (hub) => untilAsked(hub, member));
    await kubectlIo(administratorOf(plan), 'deny', member);
  }
}

/** Accepts a member with the key that its agent asks with, as an administrator who compared it does. */
export async function admit(plan: AgentsPlan, member: string): Promise<void> {
  const digest = await withHub(plan, (hub) => untilAsked(hub, member));
  await kubectlIo(administratorOf(plan), 'accept', member, `--key=${digest}`);
}

/** Of an agent alone: what is mounted into its pod, and its access to its own cluster. */
export const agentDirectory = (directory: string, member: string): string =>
  join(directory, 'agents', member);

const administratorOf = ({ bundle, federation }: AgentsPlan): Administrator => ({
  ...{ bundle, hubKubeconfig: federation.hub.adminKubeconfigPath },
});

async function withHub<T>(
  { federation }: AgentsPlan,
  work: (hub: KubeApi) => Promise<T>,
): Promise<T> {
  const hub = new KubeApi(federation.hub.adminKubeconfigPath);
  try {
    return await work(hub);
  } finally {
    await hub.close();
  }
}
