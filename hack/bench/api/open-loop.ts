import { Agent } from 'undici';
import { quantile } from '../statistics.ts';

const CONNECTIONS_EACH = 4;
const ANSWERS_WITHIN_MS = 10_000;

/** A request that a person's page makes; who they are is a number from 0. */
export type Ask = Readonly<{ name: string; path: string; token: string; person: number }>;

/** How the server did. Times count from when a request was due, not from when it could be sent. */
export type Outcome = Readonly<{
  requests: number;
  p50Ms: number;
  p99Ms: number;
  worstMs: number;
  /** By the name of the request. */
  p99MsOf: ReadonlyMap<string, number>;
  /** Answers other than 200 by status, or the fault that there was instead. */
  failures: ReadonlyMap<string, number>;
}>;

export type Load = Readonly<{
  origin: string;
  ca: string;
  /** Each has an address of their own: limits are by person and by address. */
  people: number;
  perSecond: number;
  seconds: number;
  ask: (n: number) => Ask;
}>;

type Sample = Readonly<{ name: string; ms: number; fault: string | undefined }>;

/** Sends so many requests a second, whether the server keeps up or not. */
export async function openLoop(load: Load): Promise<Outcome> {
  const { origin, ca, people, perSecond, seconds, ask } = load;
  const agents = Array.from({ length: people }, (_, person) => {
    const localAddress = `127.0.1.${person + 1}`;
    return new Agent({ connections: CONNECTIONS_EACH, localAddress, connect: { ca } });
  });
  const total = Math.round(perSecond * seconds);
  const started = performance.now();
  const sent: Promise<Sample>[] = [];
  try {
    for (let n = 0; n < total; n += 1) {
      const due = started + (n * 1000) / perSecond;
      await until(due);
      const asked = ask(n);
      const agent = agents[asked.person];
      if (agent === undefined) throw new Error(`there are ${people} people`);
      sent.push(send(agent, origin, asked, due));
    }
    return outcomeOf(await Promise.all(sent));
  } finally {
    await Promise.all(agents.map((agent) => agent.close()));
  }
}

async function send(
  dispatcher: Agent,
  origin: string,
  { name, path, token }: Ask,
  due: number,
): Promise<Sample> {
  let fault: string | undefined;
  try {
    const { statusCode, body } = await dispatcher.request({
      ...{ origin, path, method: 'GET', bodyTimeout: ANSWERS_WITHIN_MS },
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: ANSWERS_WITHIN_MS,
    });
    await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    if (statusCode !== 200) fault = `${name} ${statusCode}`;
  } catch (error) {
    fault = `${name} ${(error as Error).message}`;
  }
  return { name, ms: performance.now() - due, fault };
}

function outcomeOf(samples: readonly Sample[]): Outcome {
  const times = samples.map(({ ms }) => ms);
  const names = [...new Set(samples.map(({ name }) => name))];
  const failures = new Map<string, number>();
  for (const { fault } of samples) {
    if (fault !== undefined) failures.set(fault, (failures.get(fault) ?? 0) + 1);
  }
  const p99Of = (name: string): number =>
    quantile(
      samples.filter((each) => each.name === name).map(({ ms }) => ms),
      0.99,
    );
  return {
    ...{ requests: samples.length, failures },
    ...{ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), worstMs: Math.max(...times) },
    p99MsOf: new Map(names.map((name) => [name, p99Of(name)])),
  };
}

function until(due: number): Promise<void> {
  const wait = due - performance.now();
  // A timer is a millisecond late now and then; those that are due by then are sent at once.
  return wait <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, wait));
}
