import { KubeConfig } from '@kubernetes/client-node';
import { intakeClient } from '../../operator/agent/metering/intake-client.ts';
import { rosterOf, upBits } from '../../operator/domain/metering/roster.ts';
import type { HeartbeatReport } from '../../operator/domain/metering/types.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { sha256 } from '../../operator/runtime/sha256.ts';
import { agentKubeconfigs } from '../federation/operator-install.ts';
import type { World } from '../federation/world.ts';
import { moneyOf } from './money.ts';
import { readFileSync } from 'node:fs';

const minuteMs = 60_000;

/**
 * Reports each minute of past hours for the devices of a member, as its agent does after it was cut
 * off: rewards ask for hours of uptime, and a demo has minutes. Returns how many were taken.
 */
export async function reportPastUptime(
  world: World,
  member: string,
  hours: number,
): Promise<number> {
  const { apiPort, authority } = moneyOf(world);
  const client = intakeClient({
    url: `https://127.0.0.1:${apiPort}`,
    credentials: async () => ({ ca: readFileSync(authority, 'utf8'), ...agentOf(world, member) }),
    clock: systemClock,
  });
  const names = (await world.devices()).filter(({ spec }) => spec.member === member);
  const roster = rosterOf(
    names.map(({ metadata }) => metadata.name),
    sha256,
  );
  const up = Buffer.from(upBits(roster, () => true)).toString('base64');
  const last = Math.floor(Date.now() / minuteMs);
  const first = last - hours * 60;
  try {
    for (let minute = first; minute < last; minute += 1) {
      const report: HeartbeatReport = {
        minute,
        sentAtMs: Date.now(),
        rosterHash: roster.hash,
        ...(minute === first ? { roster: roster.names } : {}),
        up,
      };
      const { status, detail } = await client.post(
        '/v1/intake/heartbeats',
        report,
        AbortSignal.timeout(minuteMs),
      );
      if (status !== 200) throw new Error(`the api answered ${status}: ${detail ?? ''}`);
    }
  } finally {
    await client.close();
  }
  return last - first;
}

function agentOf({ federation }: World, member: string): { cert: string; key: string } {
  const found = federation.members.find(({ profile }) => profile.name === member);
  if (found === undefined) throw new Error(`there is no member ${member}`);
  const config = new KubeConfig();
  config.loadFromFile(agentKubeconfigs(federation, found).hub);
  const user = config.getCurrentUser();
  const pem = (data: string | undefined, file: string | undefined): string =>
    data === undefined ? readFileSync(file ?? '', 'utf8') : Buffer.from(data, 'base64').toString();
  return {
    cert: pem(user?.certData, user?.certFile),
    key: pem(user?.keyData, user?.keyFile),
  };
}
