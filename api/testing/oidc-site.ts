import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export const oidcClient = { id: 'console', secret: 'a secret of tests' };

/** What the provider says of whoever signs in; a test may change it. */
export type Person = { id: string; name: string; groups: readonly string[] };

/**
 * A real OpenID Connect provider on a loopback port. Who comes there is the person that the test says, and
 * is asked nothing.
 */
export class OidcSite {
  readonly issuer: string;
  person: Person = { id: 'jo', name: 'Jo', groups: ['gpu-users'] };
  readonly #server: Server;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.issuer = issuer;
  }

  static async start(redirectUri: string): Promise<OidcSite> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const site = new OidcSite(server, `http://127.0.0.1:${port}`);
    const provider = site.#provider(redirectUri);
    const answer = provider.callback();
    server.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) {
        void answer(request, response);
        return;
      }
      const result = { login: { accountId: site.person.id } };
      void provider.interactionFinished(request, response, result);
    });
    return site;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #provider(redirectUri: string): Provider {
    const scope = 'openid profile groups';
    return new Provider(this.issuer, {
      clients: [
        {
          client_id: oidcClient.id,
          client_secret: oidcClient.secret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['of tests'] },
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      features: { devInteractions: { enabled: false } },
      findAccount: (_, accountId) => ({
        accountId,
        claims: () =>
          Promise.resolve({
            ...{ sub: accountId, name: this.person.name, groups: [...this.person.groups] },
          }),
      }),
      loadExistingGrant: async ({ oidc }) => {
        const clientId = oidc.client?.clientId ?? '';
        const accountId = oidc.session?.accountId ?? '';
        const grant = new oidc.provider.Grant({ clientId, accountId });
        grant.addOIDCScope(scope);
        await grant.save();
        return grant;
      },
    });
  }
}

/** Follows redirects as a browser does, with its cookies, until one leads away from `origin`. */
export async function followTo(start: string, origin: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hops = 0; hops < 10 && url.startsWith(origin); hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    url = new URL(location, url).href;
  }
  return url;
}
