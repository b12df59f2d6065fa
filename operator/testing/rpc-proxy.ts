import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Call = Readonly<{ id: unknown; method: string; params?: unknown }>;
type Answer = Readonly<{ result?: unknown; error?: unknown }>;

/** Answers in place of the node's answer; undefined leaves it as it is. */
export type Lie = (call: Call, answer: Answer) => Answer | undefined;

/** Stands in front of an RPC node and lies. */
export type RpcProxy = Readonly<{ url: string; close: () => Promise<void> }>;

export async function startRpcProxy(target: string, lie: Lie): Promise<RpcProxy> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await text(request);
      const headers = { 'content-type': 'application/json' };
      const honest = await fetch(target, { method: 'POST', headers, body });
      const call = JSON.parse(body) as Call;
      // As text, since a number here may be more than 2^53.
      const plain = await honest.text();
      const lied = lie(call, JSON.parse(plain) as Answer);
      response.writeHead(honest.status, headers);
      response.end(
        lied === undefined ? plain : JSON.stringify({ jsonrpc: '2.0', id: call.id, ...lied }),
      );
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
