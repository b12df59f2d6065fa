import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { createServer } from 'node:http';
import { connect as connectHttp2, performServerHandshake } from 'node:http2';
import { type AddressInfo, connect, createServer as createListener, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, type KeyPair } from '../../hack/federation/certificate.ts';
import { serveTunnel } from '../../operator/adapters/tunnel/agent-end.ts';
import { usualPace } from '../../operator/adapters/tunnel/session.ts';
import type { Admission } from '../../operator/ports/member-gate.ts';
import type { Tunnel, TunnelAnswer, TunnelRequest } from '../../operator/ports/tunnel.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { agentCertificate } from '../testing/intake-server.ts';
import {
  httpHead,
  localHeads,
  startAgent,
  startBalancer,
  startGateway,
  type TestGateway,
  testLease,
  tunnelOf,
} from '../testing/tunnel-world.ts';

const cleanUp: (() => unknown)[] = [];
const later = <T extends { stop: () => unknown }>(what: T): T => {
  cleanUp.push(() => what.stop());
  return what;
};

let head: Awaited<ReturnType<typeof httpHead>>;
let onRequest: Parameters<typeof createServer>[1];

beforeEach(async () => {
  onRequest = (_, response) => response.end('ok');
  head = later(await httpHead((request, response) => onRequest?.(request, response)));
});

afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

const agentOf = (gateway: TestGateway, more: Partial<Parameters<typeof startAgent>[1]> = {}) =>
  later(startAgent(gateway, { heads: localHeads(), portOf: () => head.port, ...more }));

const asking = (): TunnelRequest => ({
  ...{ lease: testLease, service: 'serve', method: 'GET', path: '/', headers: {} },
  signal: new AbortController().signal,
});

async function textOf({ body }: TunnelAnswer): Promise<string> {
  let text = '';
  for await (const chunk of body) text += String(chunk);
  return text;
}

const ask = async (tunnel: Tunnel): Promise<string> => textOf(await tunnel.request(asking()));

/** A head that answers bit by bit, for ever. */
function endless(): { closed: number } {
  const seen = { closed: 0 };
  onRequest = (_, response) => {
    response.write('x');
    response.on('close', () => (seen.closed += 1));
  };
  return seen;
}

describe('who is let in', () => {
  /** A gate whose answers a test changes. */
  function gate() {
    let admission: Admission | undefined = 'Admitted';
    const listeners: ((member: string) => void)[] = [];
    const tell = (to: Admission | undefined): void => {
      admission = to;
      for (const listener of listeners) listener('a');
    };
    const admits = () => admission;
    return {
      admits,
      onChange: (listener: (member: string) => void) => void listeners.push(listener),
      tell,
    };
  }

  test('a member that is put out loses its tunnel, with the streams on it, and is told why', async () => {
    const members = gate();
    const gateway = later(await startGateway({ members }));
    const agent = agentOf(gateway);
    const seen = endless();
    const answer = await (await tunnelOf(gateway)).request(asking());
    const text = textOf(answer);
    members.tell('EnrolmentRevoked');
    await expect(text).rejects.toThrow('cut it off');
    expect(gateway.registry.open('a')).toBeUndefined();
    await eventually(() => expect(seen.closed).toBe(1));
    await eventually(() => expect(agent.logged.join()).toContain('EnrolmentRevoked'));
    expect(gateway.counted).toContain('opened refused');
    members.tell('Admitted');
    onRequest = (_, response) => response.end('again');
    expect(await ask(await tunnelOf(gateway))).toBe('again');
  });

  test('a tunnel is that of its certificate: what an agent says of itself counts for nothing', async () => {
    const gateway = later(await startGateway());
    agentOf(gateway, { member: 'mallory' });
    await tunnelOf(gateway, 'mallory');
    expect(gateway.registry.open('a')).toBeUndefined();
  });

  test.each<[string, (gateway: TestGateway) => KeyPair | undefined]>([
    ['no certificate', () => undefined],
    ['a certificate of another authority', () => agentCertificate(createAuthority('x', 1), 'a')],
  ])('with %s nothing is said at all', async (_sentence, pairOf) => {
    const gateway = later(await startGateway());
    const socket = await dial(gateway, pairOf(gateway), ['io-tunnel/1']);
    let bytes = 0;
    socket.on('data', (data: Buffer) => (bytes += data.length));
    await once(socket, 'close');
    expect([bytes, gateway.counted]).toEqual([0, []]);
  });

  test('a protocol that nobody speaks is refused by TLS', async () => {
    const gateway = later(await startGateway());
    const socket = dial(gateway, gateway.api.agent('a'), ['io-tunnel/2']);
    await expect(socket).rejects.toThrow(/alert|protocol/i);
  });
});

async function dial(
  { api }: TestGateway,
  pair: KeyPair | undefined,
  ALPNProtocols: string[],
): Promise<TLSSocket> {
  const options: ConnectionOptions = {
    ...{ host: '127.0.0.1', port: api.port, ca: api.authority.certificatePem, ALPNProtocols },
    ...(pair === undefined ? {} : { cert: pair.certificatePem, key: pair.keyPem }),
  };
  const socket = connectTls(options);
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

describe('an agent that misbehaves', () => {
  const frames: readonly [string, Buffer][] = [
    ['text', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'.repeat(100))],
    ['noise', Buffer.from(Array.from({ length: 64 * 1024 }, (_, n) => (n * 7919) % 251))],
    ['a frame that is too long', Buffer.from('ffffff0400000000000000', 'hex')],
    ['headers of a stream that nobody opened', Buffer.from('00000401050000000b88888888', 'hex')],
  ];
  test.each(frames)('by %s hurts nobody else', async (_sentence, bytes) => {
    const gateway = later(await startGateway());
    agentOf(gateway);
    const socket = await dial(gateway, gateway.api.agent('b'), ['io-tunnel/1']);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    socket.write(bytes);
    await closed;
    await eventually(() => expect(gateway.counted).toContain('opened failed'));
    expect(gateway.registry.open('b')).toBeUndefined();
    expect(await ask(await tunnelOf(gateway))).toBe('ok');
  });

  test('that says a lease is somewhere else, and answers more than it may, is cut off', async () => {
    const gateway = later(await startGateway());
    const socket = await dial(gateway, gateway.api.agent('b'), ['io-tunnel/1']);
    const session = performServerHandshake(socket);
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      if (headers[':path'] === '/.io/hello')
        stream.respond({ ':status': 200 }, { endStream: true });
      else stream.respond({ ':status': 200, 'x-large': 'x'.repeat(60_000) });
    });
    const tunnel = await tunnelOf(gateway, 'b');
    await expect(tunnel.request(asking())).rejects.toMatchObject({ fault: 'TunnelLost' });
    session.destroy();
  });
});

describe('a gateway that misbehaves', () => {
  test('and greets twice, or asks without having greeted, is not served', async () => {
    const agent = agentOf(later(await startGateway()));
    const listener = createListener().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const client = connectHttp2(`http://127.0.0.1:${port}`);
    const [socket] = (await once(listener, 'connection')) as [Socket];
    listener.close();
    const taken = serveTunnel(socket, {
      ...{ server: agent.server, isTaken: () => false, clock: systemClock, pace: usualPace },
    });
    const statusOf = async (headers: Record<string, string>): Promise<unknown> => {
      const stream = client.request(headers, { endStream: true });
      const result = await Promise.race([
        once(stream, 'response').then(([answer]) => (answer as Record<string, unknown>)[':status']),
        once(stream, 'error').then(() => 'refused'),
      ]).catch(() => 'refused');
      stream.close();
      return result;
    };
    const hello = {
      ...{ ':method': 'POST', ':path': '/.io/hello' },
      ...{ 'x-io-gateway-id': 'g', 'x-io-gateway-count': '1' },
    };
    const request = { ':path': '/', 'x-io-lease': testLease, 'x-io-service': 'serve' };
    expect(await statusOf(request)).toBe('refused');
    expect(await statusOf({ ...hello, 'x-io-gateway-id': '../x' })).toBe('refused');
    expect(await statusOf(hello)).toBe(200);
    expect(await statusOf(hello)).toBe('refused');
    expect(await statusOf(request)).toBe(200);
    (await taken)?.destroy();
    client.destroy();
  });
});

describe('several gateways behind one address', () => {
  test('each have a tunnel, and one that is gone is dialled anew', async () => {
    const first = await startGateway({ id: 'api-0', count: 2 });
    const { authority: shared } = first.api;
    const second = later(await startGateway({ id: 'api-1', count: 2, authority: shared }));
    const balancer = later(await startBalancer([first.api.port, first.api.port, second.api.port]));
    const agent = agentOf(first, { url: balancer.url });
    await Promise.all([tunnelOf(first), tunnelOf(second)]);
    expect(agent.counted).toContain('opened duplicate');

    const seen = endless();
    const cut = textOf(await (await tunnelOf(first)).request(asking()));
    const goesOn = await (await tunnelOf(second)).request(asking());
    await first.stop();
    await expect(cut).rejects.toThrow('cut it off');
    await eventually(() => expect(seen.closed).toBe(1));
    expect(goesOn.body.destroyed).toBe(false);
    goesOn.body.destroy();

    const third = later(await startGateway({ id: 'api-2', count: 2, authority: shared }));
    balancer.ports.splice(0, 2, third.api.port);
    onRequest = (_, response) => response.end('again');
    expect(await ask(await tunnelOf(third))).toBe('again');
  });

  test('one that is stopped in order lets what runs end, and takes nothing new', async () => {
    const gateway = await startGateway();
    const agent = agentOf(gateway);
    let finish = (): void => undefined;
    onRequest = (_, response) => {
      response.write('first ');
      finish = () => response.end('last');
    };
    const tunnel = await tunnelOf(gateway);
    const text = textOf(await tunnel.request(asking()));
    gateway.registry.retire();
    expect(gateway.registry.open('a')).toBeUndefined();
    await expect(tunnel.request(asking())).rejects.toMatchObject({ fault: 'TunnelLost' });
    await eventually(() => expect(agent.logged.join()).not.toBe(''));
    finish();
    expect(await text).toBe('first last');
    await eventually(() => expect(agent.logged.join()).toContain('the gateway is stopping'));
    await gateway.stop();
  });
});

describe('an agent', () => {
  test('that is killed ends its streams at the gateway, with an error', async () => {
    const gateway = later(await startGateway());
    const sockets = later(await startBalancer([gateway.api.port]));
    agentOf(gateway, { url: sockets.url });
    endless();
    const text = textOf(await (await tunnelOf(gateway)).request(asking()));
    sockets.stop();
    await expect(text).rejects.toThrow('cut it off');
    await eventually(() =>
      expect(gateway.counted.filter((line) => line === 'tunnels 0')).not.toEqual([]),
    );
  });

  test('that vanishes without a word is missed by a ping', async () => {
    const pace = { pingEveryMs: 50, pingWithinMs: 100 };
    const gateway = later(await startGateway({ pace }));
    const way = later(await startBalancer([gateway.api.port]));
    agentOf(gateway, { url: way.url });
    await tunnelOf(gateway);
    way.freeze();
    await eventually(() => expect(gateway.counted).toContain('tunnels 0'));
  });

  test('that is stopped lets what runs end', async () => {
    const gateway = later(await startGateway());
    const agent = startAgent(gateway, { heads: localHeads(), portOf: () => head.port });
    let finish = (): void => undefined;
    onRequest = (_, response) => {
      response.write('first ');
      finish = () => response.end('last');
    };
    const text = textOf(await (await tunnelOf(gateway)).request(asking()));
    const stopped = agent.stop();
    await eventually(() => expect(gateway.registry.open('a')).toBeUndefined());
    finish();
    expect(await text).toBe('first last');
    await stopped;
  });

  test('that has a new certificate comes with it, and lets the streams of the old one end', async () => {
    const gateway = later(await startGateway());
    const agent = agentOf(gateway);
    let finish = (): void => undefined;
    onRequest = (_, response) => {
      response.write('first ');
      finish = () => response.end('last');
    };
    const text = textOf(await (await tunnelOf(gateway)).request(asking()));
    agent.credentials.pair = agentCertificate(gateway.api.authority, 'a');
    agent.keeper.lookAgain();
    await eventually(() =>
      expect(gateway.counted.filter((line) => line === 'opened taken')).toHaveLength(2),
    );
    const old = finish;
    onRequest = (_, response) => response.end('new');
    expect(await ask(await tunnelOf(gateway))).toBe('new');
    old();
    expect(await text).toBe('first last');
    await eventually(() => expect(gateway.counted.at(-1)).toBe('tunnels 1'));
  });

  test('goes through an HTTP proxy, with its user', async () => {
    const gateway = later(await startGateway());
    const asked: string[] = [];
    const proxy = later(await httpHead((_, response) => response.writeHead(405).end()));
    proxy.server.on('connect', (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const to = connect(gateway.api.port, '127.0.0.1');
      socket.on('error', () => to.destroy());
      to.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(to).pipe(socket);
    });
    agentOf(gateway, { proxyUrl: `http://user:p%40ss@127.0.0.1:${proxy.port}` });
    expect(await ask(await tunnelOf(gateway))).toBe('ok');
    const user = Buffer.from('user:p@ss').toString('base64');
    expect(asked).toEqual([`127.0.0.1:${gateway.api.port} Basic ${user}`]);
  });

  test('goes on dialling while there is no gateway, with pauses', async () => {
    const gateway = await startGateway();
    const agent = agentOf(gateway);
    await tunnelOf(gateway);
    await gateway.stop();
    await eventually(() =>
      expect(agent.counted.filter((line) => line === 'opened failed').length).toBeGreaterThan(2),
    );
    const dials = agent.counted.filter((line) => line.startsWith('opened')).length;
    expect(dials).toBeLessThan(10);
  });
});
