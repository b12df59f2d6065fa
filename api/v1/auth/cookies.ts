/** Cookies of this site: their names, and how they are written and read. */

type CookieKind = 'session' | 'oidc';

/** Browsers cut off longer ones. */
const maxCookieBytes = 4_000;
const maxHeaderLength = 16 * 1024;

/**
 * Names and attributes of cookies. At the root of a host they are `__Host-`, which no other host can
 * set; below a path they belong to that path alone, and are `__Secure-`.
 */
export class SiteCookies {
  readonly #prefix: string;

  /** `prefix`: the path that the site is below, such as `/gpu`; empty at the root. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  nameOf(kind: CookieKind): string {
    return `${this.#prefix === '' ? '__Host-' : '__Secure-'}io-${kind}`;
  }

  /**
   * `Set-Cookie` for a value. The one of a session goes with no request that another site made; the one
   * of a sign-in has to, since the provider sends people back to us.
   */
  set(kind: CookieKind, value: string, seconds: number): string {
    const sameSite = kind === 'session' ? 'Strict' : 'Lax';
    const path = this.#prefix === '' ? '/' : this.#prefix;
    const text =
      `${this.nameOf(kind)}=${value}; Path=${path}; Max-Age=${seconds}; ` +
      `HttpOnly; Secure; SameSite=${sameSite}`;
    if (text.length > maxCookieBytes) throw new Error('the cookie is longer than browsers take');
    return text;
  }

  /** `Set-Cookie` that removes it. */
  clear(kind: CookieKind): string {
    return this.set(kind, '', 0);
  }

  /** The value in a header `Cookie`; undefined when it is not there, or there twice. */
  read(kind: CookieKind, header: string | undefined): string | undefined {
    if (header === undefined || header.length > maxHeaderLength) return undefined;
    const name = `${this.nameOf(kind)}=`;
    const found = header
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part.startsWith(name));
    const [only] = found;
    return found.length === 1 && only !== undefined ? only.slice(name.length) : undefined;
  }
}
