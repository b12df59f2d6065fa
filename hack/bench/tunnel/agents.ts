import { tunnelDialer } from '../../../operator/adapters/tunnel/dial.ts';
import { StreamServer } from '../../../operator/adapters/tunnel/stream-server.ts';
import { TunnelKeeper } from '../../../operator/agent/tunnel/tunnel-keeper.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { readInput, sayReady } from './process.ts';

type Input = Readonly<{
  url: string;
  ca: string;
  port: number;
  /** One for each agent. */
  pairs: readonly Readonly<{ cert: string; key: string }>[];
}>;

const nothing = (): void => undefined;
const metrics = { tunnels: nothing, tunnelOpened: nothing, streams: nothing, streamEnded: nothing };
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const clock = systemClock;

/** Agents of as many members, whose clusters all have the same head. */
const { url, ca, port, pairs } = await readInput<Input>();
const server = new StreamServer({
  heads: {
    headOf: async () => ({ host: '127.0.0.1', authorization: undefined }),
    distrust: nothing,
  },
  portOf: () => port,
  ...{ metrics, clock },
});
for (const { cert, key } of pairs) {
  const keeper = new TunnelKeeper({
    dialer: tunnelDialer({
      ...{ url, proxyUrl: undefined, server, clock },
      credentials: async () => ({ ca, cert, key }),
    }),
    credentials: async () => cert,
    ...{ clock, random: Math.random, metrics, logger },
  });
  void keeper.run(new AbortController().signal);
}
sayReady({});
