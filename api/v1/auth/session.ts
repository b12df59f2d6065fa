import { z } from 'zod';
import type { Principal } from './principal.ts';
import type { Sealer } from './sealer.ts';

/** How long somebody stays signed in. */
export const sessionSeconds = 8 * 3_600;
/** Clocks of several servers differ by less. */
const skewSeconds = 30;

const name = z.string().min(1).max(256);
/** Short names, since a browser sends it with each request. Another form is another version. */
const sessionSchema = z.strictObject({
  v: z.literal(1),
  u: name,
  g: z.array(name).max(80),
  a: z.enum(['wallet', 'oidc']),
  w: z.string().max(44).optional(),
  d: name,
  /** Made and over at, in seconds. */
  i: z.number().int(),
  e: z.number().int(),
});

/** Somebody who is signed in, and until when. */
export type Session = Readonly<{ principal: Principal; expiresAtSeconds: number }>;

/** The text of a session's cookie. It holds no secret, and cannot be made without the key. */
export function sealSession(sealer: Sealer, principal: Principal, nowSeconds: number): string {
  const { username, groups, via, wallet, displayName } = principal;
  if (via === 'token') throw new Error('tokens have no session: they are sent each time');
  const session: z.input<typeof sessionSchema> = {
    v: 1,
    u: username,
    g: [...groups],
    a: via,
    ...(wallet === undefined ? {} : { w: wallet }),
    d: displayName,
    i: nowSeconds,
    e: nowSeconds + sessionSeconds,
  };
  return sealer.seal('session', session);
}

/** Who a cookie says it is; undefined when it is not ours, or over. */
export function openSession(sealer: Sealer, text: string, nowSeconds: number): Session | undefined {
  const read = sessionSchema.safeParse(sealer.open('session', text));
  if (!read.success) return undefined;
  const { u: username, g: groups, a: via, w: wallet, d: displayName, i, e } = read.data;
  const end = Math.min(e, i + sessionSeconds);
  if (i > nowSeconds + skewSeconds || nowSeconds >= end) return undefined;
  return { principal: { username, groups, via, wallet, displayName }, expiresAtSeconds: end };
}
