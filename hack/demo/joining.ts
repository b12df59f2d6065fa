import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { ioMemberResource } from '../../crds/schema/index.ts';
import { memberNamespace } from '../../operator/domain/lease.ts';
import { memberUser } from '../../operator/domain/member/identity.ts';
import { invitationAccount, invitationName } from '../../operator/domain/member/invitation.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Resource } from '../../operator/runtime/resource.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { agentDirectory } from '../federation/agents.ts';
import { agentFlag } from '../federation/operator-install.ts';
import type { World } from '../federation/world.ts';
import type { Stages } from './stages.ts';

const WITHIN_S = 60;
const POLL_MS = 100;

/** The member that an administrator denies at first. */
export const deniedMember = 'ashburn-1';

type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };
const secrets: Resource<Secret> = {
  ...{ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
};

/** Members come in by invitation and chart; the one that was denied has nothing until it is let in. */
export async function joining(world: World, stages: Stages): Promise<void> {
  const run = (title: string, work: () => Promise<readonly string[]>) =>
    stages.run(title, WITHIN_S, work);
  const others = world.memberNames.filter((name) => name !== deniedMember);
  await run('an invitation lets one agent in, once', () => invitationsAreUsed(world, others));
  await run(`${deniedMember} was denied: it has nothing, and waits`, () => deniedHasNothing(world));
  await run(`kubectl io member accept ${deniedMember}: it joins`, () => letIn(world));
  await run('each agent has a certificate for a key of its own', () => certificates(world));
}

/** What an invitation consisted of is gone, and its token opens nothing. */
async function invitationsAreUsed(
  world: World,
  members: readonly string[],
): Promise<readonly string[]> {
  for (const member of members) await eventually(() => invitationIsGone(world, member), patience);
  const lines: string[] = [];
  for (const member of members) {
    const status = await askWithToken(world, member);
    // An API server remembers whose a token was for some seconds; it may do nothing from the start.
    if (status !== 401 && status !== 403) {
      throw new Error(`the used token of ${member} is answered ${status}`);
    }
    lines.push(`${member.padEnd(13)} its invitation is gone; the token is answered ${status}`);
  }
  return lines;
}

async function invitationIsGone(world: World, member: string): Promise<void> {
  for (const [kind, name] of [
    ['clusterrole', invitationName(member)],
    ['clusterrolebinding', invitationName(member)],
    ['serviceaccount', invitationAccount(member)],
  ] as const) {
    await isMissing(world, [kind, name, '--namespace=io-system']);
  }
}

/** Whoever has read the values of the chart, after the agent has joined. */
async function askWithToken({ federation }: World, member: string): Promise<number> {
  const directory = agentDirectory(join(federation.runDirectory, 'operator'), member);
  const values = parse(readFileSync(join(directory, 'values-0.yaml'), 'utf8')) as {
    join: { token: string };
  };
  const dispatcher = new Agent({ connect: { ca: federation.hub.caPem } });
  try {
    const path = `/apis/compute.io.net/v1alpha1/iomembers/${member}`;
    const headers = { authorization: `Bearer ${values.join.token}` };
    const { statusCode, body } = await request(federation.hub.server + path, {
      dispatcher,
      headers,
    });
    await body.dump();
    return statusCode;
  } finally {
    await dispatcher.close();
  }
}

async function deniedHasNothing(world: World): Promise<readonly string[]> {
  const member = await world.hub.get(ioMemberResource, deniedMember);
  const { spec, status } = member ?? {};
  if (spec?.denied !== true || spec.accepted) throw new Error(`${deniedMember} is not denied`);
  if (status?.namespace !== undefined) throw new Error(`it has the namespace ${status.namespace}`);
  await isMissing(world, ['namespace', memberNamespace(deniedMember)]);
  await isMissing(world, ['clusterrolebinding', `compute.io.net:member:${deniedMember}`]);
  const user = `--as=${memberUser({ member: deniedMember, enrolment: 1 })}`;
  const asks = ['get', 'iomembers', `--field-selector=metadata.name=${deniedMember}`, user];
  const { code, stderr } = await world.kubectl(asks);
  if (code === 0 || !/forbidden/i.test(stderr)) throw new Error('its user may look at the hub');
  const said = await eventually(() => whatItWaitsFor(world), patience);
  return ['no namespace, no binding, no certificate; its agent says:', `  ${said}`];
}

/** The last word of the agent in its log. */
async function whatItWaitsFor({ operator }: World): Promise<string> {
  const log = readFileSync(operator.agent(deniedMember).logPath, 'utf8');
  const messages = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { message: string }).message);
  const last = messages.findLast((message) => message.startsWith('the agent waits for')) ?? '';
  if (!last.includes('denied')) throw new Error(`its agent says: ${last}`);
  return last;
}

async function letIn(world: World): Promise<readonly string[]> {
  await world.operator.admit(deniedMember);
  await eventually(() => invitationIsGone(world, deniedMember), patience);
  const table = await world.mustKubectl(['get', 'iom', deniedMember]);
  return table.trimEnd().split('\n');
}

/** The key of each agent lies in its own cluster alone; the hub has issued a certificate for it. */
async function certificates(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of world.memberNames) {
    const [namespace = '', secret = ''] = agentFlag(
      ...([world.federation, name, 'credentials-secret'] as const),
    ).split('/');
    const stored = await world.member(name).get(secrets, secret, namespace);
    const pem = (field: string): string =>
      Buffer.from(stored?.data?.[field] ?? '', 'base64').toString('utf8');
    const { subject, publicKey, validToDate } = new X509Certificate(pem('tls.crt'));
    const own = createPublicKey(createPrivateKey(pem('tls.key')));
    const digest = digestOf(own);
    if (digest !== digestOf(publicKey)) throw new Error(`${name}: key and certificate differ`);
    const member = await world.hub.get(ioMemberResource, name);
    const known = member?.status?.credential?.keySha256;
    if (known !== digest)
      throw new Error(`${name}: the hub knows ${known}, the agent has ${digest}`);
    if (!subject.includes(`CN=${memberUser({ member: name, enrolment: 1 })}`)) {
      throw new Error(`${name}: its certificate is for ${subject}`);
    }
    lines.push(`${name.padEnd(13)} ${digest.slice(0, 23)}… until ${validToDate.toISOString()}`);
  }
  return lines;
}

function digestOf(key: ReturnType<typeof createPublicKey>): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(der).digest('hex')}`;
}

async function isMissing(world: World, what: readonly string[]): Promise<void> {
  const { code, stderr } = await world.kubectl(['get', ...what]);
  if (code === 0) throw new Error(`${what.join(' ')} is there`);
  if (!stderr.includes('NotFound')) throw new Error(stderr);
}

const patience = { withinMs: WITHIN_S * 1000, everyMs: POLL_MS };
