import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { ReviewsUnavailableError } from '../../operator/ports/access-reviews.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { GatewayWorld, testCluster, toldBy, wholeAnswer } from '../testing/gateway-world.ts';
import type { GatewayLimits } from './limits.ts';

let world: GatewayWorld;
afterEach(() => world.stop());

async function start(http: RequestListener, limits: Partial<GatewayLimits> = {}): Promise<void> {
  world = await GatewayWorld.start({ http }, { lookMs: 20, ...limits });
}
const silent: RequestListener = () => undefined;
const ok: RequestListener = (request, response) => {
  request.resume();
  request.on('end', () => response.end('ok'));
};
const path = `${testCluster}/serve/x`;

/** A request whose answer has begun and does not end. */
async function begun(token = 'alice'): Promise<IncomingMessage> {
  const request = world.open({ path, token });
  request.on('error', () => undefined);
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}
const endless: RequestListener = (_, response) => void response.write('first');

describe('time:', () => {
  test('a head that says nothing', async () => {
    await start(silent, { idleMs: 300 });
    expect(toldBy(await world.ask({ path }))).toBe('504 IdleTimeout');
    await eventually(() => expect(world.counted).toContain('refused IdleTimeout'));
  });

  test('a body that trickles', async () => {
    await start(ok, { bodyWindowMs: 300, bodyWindowBytes: 100 });
    const request = world.open({ path, method: 'POST', headers: { 'content-length': '1000' } });
    request.on('error', () => undefined);
    const answer = wholeAnswer(request);
    const trickle = setInterval(() => request.write('a'), 50);
    try {
      expect(toldBy(await answer)).toBe('408 BodyTooSlow');
    } finally {
      clearInterval(trickle);
      request.destroy();
    }
  });

  test('a body that is not read is waited for, and the renter has to wait with it', async () => {
    let resume = (): void => undefined;
    await start(
      (request, response) => {
        resume = () => {
          request.resume();
          request.on('end', () => response.end('ok'));
        };
      },
      { bodyWindowMs: 200, bodyWindowBytes: 100 },
    );
    const bytes = 32 * 1024 * 1024;
    const headers = { 'content-length': String(bytes) };
    const request = world.open({ path, method: 'POST', headers });
    const answer = wholeAnswer(request);
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const sending = (async () => {
      for (; sent < bytes; sent += chunk.length) {
        if (!request.write(chunk)) await once(request, 'drain');
      }
      request.end();
    })();
    let before = -1;
    await eventually(
      () => {
        const stood = sent === before;
        before = sent;
        expect(stood).toBe(true);
      },
      { everyMs: 700, withinMs: 15_000 },
    );
    // What is under way: windows and buffers of three hops, not the body.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    resume();
    await sending;
    expect((await answer).status).toBe(200);
  });

  test('an answer that is not read holds the head back, and is ended', async () => {
    let written = 0;
    let ended = false;
    await start(
      (_, response) => {
        const chunk = Buffer.alloc(64 * 1024);
        const more = (): void => {
          while (response.writable && response.write(chunk)) written += chunk.length;
        };
        response.on('drain', more);
        response.on('close', () => (ended = true));
        more();
      },
      { idleMs: 1_500 },
    );
    const response = await begun();
    response.pause();
    await eventually(() => expect(ended).toBe(true), { withinMs: 20_000 });
    expect(written).toBeLessThan(32 * 1024 * 1024);
    expect(world.counted).toContain('refused IdleTimeout');
  });
});

describe('how many at once:', () => {
  test('of one user', async () => {
    await start(endless, { streamsPerUser: 2 });
    world.reviews.allow('bob');
    const open = [await begun(), await begun()];
    const refused = await world.ask({ path });
    expect([toldBy(refused), refused.headers['retry-after']]).toEqual(['429 TooManyStreams', '1']);
    await begun('bob');
    open[0]?.destroy();
    await eventually(() => expect(world.counted).toContain('open serve 2'));
    await begun();
  });

  test('to one cluster', async () => {
    await start(endless, { streamsPerCluster: 1 });
    await begun();
    world.reviews.allow('bob');
    expect(toldBy(await world.ask({ path, token: 'bob' }))).toBe('429 TooManyStreams');
  });

  test('of one gateway', async () => {
    await start(endless, { streams: 1 });
    await begun();
    expect(toldBy(await world.ask({ path }))).toBe('503 Overloaded');
  });
});

describe('who:', () => {
  test('the hub is asked once in a while about the same', async () => {
    await start(ok);
    await Promise.all([world.ask({ path }), world.ask({ path }), world.ask({ path })]);
    await world.ask({ path, method: 'POST' });
    expect(world.reviews.asked).toEqual([
      ...['token alice', 'alice get ioclusters/proxy team-a/llm'],
      'alice create ioclusters/proxy team-a/llm',
    ]);
  });

  test.each([
    ['no token', null, {}],
    ['a token of nobody', 'mallory', {}],
    ['a password', null, { authorization: 'Basic YTpi' }],
    ['two tokens', null, { authorization: 'Bearer a b' }],
  ])('%s', async (_, token, headers) => {
    await start(ok);
    const answer = await world.ask({ path, token, headers });
    expect(toldBy(answer)).toBe('401 Unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test('who may only read may not write', async () => {
    await start(ok);
    world.reviews.allowed.add('carol get ioclusters/proxy team-a/llm');
    expect((await world.ask({ path, token: 'carol' })).status).toBe(200);
    expect((await world.ask({ path, token: 'carol', method: 'HEAD' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await world.ask({ path, token: 'carol', method })).status).toBe(403);
    }
  });

  test('a stranger learns nothing of what there is', async () => {
    await start(ok, { deniedMs: 0 });
    world.places.set('team-a/waiting', { ...waiting });
    const texts = await Promise.all(
      ['llm', 'waiting', 'none'].map(async (name) => {
        const { status, text } = await world.ask({
          token: 'bob',
          path: `/clusters/team-a/${name}/`,
        });
        return `${status} ${text.replaceAll(name, 'NAME')}`;
      }),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^403 .*"Forbidden"/);
    // Nor does who may use what is there, and not look at it.
    for (const name of ['waiting', 'none']) {
      world.reviews.allowed.add(`bob get ioclusters/proxy team-a/${name}`);
      const asked = { token: 'bob', path: `/clusters/team-a/${name}/dashboard/` };
      expect(toldBy(await world.ask(asked))).toBe('403 Forbidden');
    }
  });

  test('the hub does not answer: nobody is let in, and what is open goes on', async () => {
    await start(endless, { recheckMs: 50 });
    const open = await begun();
    let closed = false;
    open.on('close', () => (closed = true));
    world.reviews.away = new ReviewsUnavailableError('away: secret-address');
    const answer = await world.ask({ path, token: 'bob' });
    expect(toldBy(answer)).toBe('503 HubUnavailable');
    expect(answer.text).not.toContain('secret-address');
    await eventually(() => expect(world.counted).toContain('reviewed token unavailable'));
    expect(closed).toBe(false);
  });
});

const waiting = {
  lease: undefined,
  ready: false,
  reason: 'NoDevices',
  message: 'No member has 64 devices of that model.',
};

describe('where:', () => {
  test('there is no such cluster, or it does not run, and then why', async () => {
    await start(ok);
    world.reviews.allow('alice', 'team-a/none');
    world.reviews.allow('alice', 'team-a/waiting');
    world.places.set('team-a/waiting', waiting);
    const none = await world.ask({ path: '/clusters/team-a/none/dashboard/' });
    expect(toldBy(none)).toBe('404 ClusterNotFound');
    const idle = await world.ask({ path: '/clusters/team-a/waiting/dashboard/' });
    expect(toldBy(idle)).toBe('409 ClusterNotRunning');
    expect(JSON.parse(idle.text)).toMatchObject({
      detail: 'IOCluster team-a/waiting does not run: No member has 64 devices of that model.',
      clusterReason: 'NoDevices',
    });
    expect(toldBy(await world.ask({ path: '/clusters/team-a/none/access-log' }))).toBe(
      '404 ClusterNotFound',
    );
  });

  test('its head is not up yet: the hub says why', async () => {
    await start(ok);
    const place = world.places.get('team-a/llm');
    if (place === undefined) throw new Error('there is no cluster');
    const lease = { id: 'lease-ffffffffffffffff', member: 'a' };
    world.places.set('team-a/llm', { ...place, lease });
    const unknown = await world.ask({ path });
    expect(toldBy(unknown)).toContain('LeaseUnknown');
    const message = 'The image cannot be pulled.';
    world.places.set('team-a/llm', { ...place, lease, ready: false, message });
    const told = await world.ask({ path });
    expect(toldBy(told)).toBe('409 ClusterNotRunning');
    expect(told.text).toContain(message);
  });

  test('its data centre is not connected', async () => {
    await start(ok);
    await world.agent.stop();
    await eventually(() => expect(world.gateway.registry.open('a')).toBeUndefined());
    const answer = await world.ask({ path });
    expect([toldBy(answer), answer.headers['retry-after']]).toEqual(['503 MemberUnreachable', '2']);
  });

  test('a member that was put in its place gets nothing of it', async () => {
    await start(ok);
    const place = world.places.get('team-a/llm');
    if (place === undefined) throw new Error('there is no cluster');
    world.places.set('team-a/llm', {
      ...place,
      lease: { id: 'lease-0123456789abcdef', member: 'b' },
    });
    expect(toldBy(await world.ask({ path }))).toBe('503 MemberUnreachable');
  });
});

describe('an open stream ends when', () => {
  test.each([
    ['its user may not use it any more', () => world.reviews.allowed.clear(), 'Forbidden'],
    ['its token is withdrawn', () => world.reviews.users.clear(), 'Unauthenticated'],
    ['the lease of its cluster has ended', () => world.places.clear(), 'LeaseEnded'],
  ])('%s', async (_, change, reason) => {
    await start(endless, { recheckMs: 50, allowedMs: 100 });
    const open = await begun();
    change();
    await eventually(() => expect(open.destroyed).toBe(true));
    await eventually(() => expect(world.counted).toContain(`refused ${reason}`));
  });
});
