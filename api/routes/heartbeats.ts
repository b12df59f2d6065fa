import type { FastifyInstance } from 'fastify';
import type { HeartbeatReport } from '../../operator/domain/metering/types.ts';
import { checkSkew, maxSkewMs, receivedAtMs } from '../plugins/clock-skew.ts';
import { memberOf } from '../plugins/member-identity.ts';
import type { ApiPorts } from '../ports.ts';
import { Problem } from '../problem.ts';
import { heartbeatReportSchema } from '../schemas/heartbeat.ts';
import { validated } from '../schemas/validate.ts';

/** 20,000 device names with the longest names that occur. */
const bodyLimitBytes = 6 * 1024 * 1024;
const minuteMs = 60_000;
/** What is older tells nothing about uptime any more. */
const maxAgeMinutes = 35 * 24 * 60;

/** `POST /v1/intake/heartbeats`: which devices of a member were up in one minute, a bit for each. */
export function addHeartbeatRoute(server: FastifyInstance, { intake, metrics }: ApiPorts): void {
  server.post('/v1/intake/heartbeats', { bodyLimit: bodyLimitBytes }, async (request) => {
    const member = memberOf(request);
    const received = receivedAtMs(request);
    const report: HeartbeatReport = validated(heartbeatReportSchema, request.body);
    checkSkew(report.sentAtMs, received, metrics);
    checkMinute(report.minute, received);
    const result = await intake.heartbeat(member, report, received);
    metrics.heartbeat(result);
    if (result === 'RosterMismatch') {
      throw new Problem(
        422,
        'RosterMismatch',
        'up does not have one bit for each device of the roster (unused bits 0), or another ' +
          'roster was sent under this hash before',
      );
    }
    return { receivedAtMs: received, result };
  });
}

function checkMinute(minute: number, receivedMs: number): void {
  const latest = Math.floor((receivedMs + maxSkewMs) / minuteMs);
  const oldest = Math.floor(receivedMs / minuteMs) - maxAgeMinutes;
  if (minute >= oldest && minute <= latest) return;
  throw new Problem(
    422,
    'MinuteOutOfRange',
    `minute is ${minute}; from ${oldest} (35 days ago) to ${latest} is taken`,
    { more: { receivedAtMs: receivedMs } },
  );
}
