import { z } from 'zod';
import type { AddRoutes } from '../context.ts';

const siteView = z
  .object({
    name: z.string(),
    chainId: z.string(),
    explorerUrlTemplate: z.string().optional().meta({
      description: 'Of a page about a transaction; {signature} stands for its signature.',
    }),
    walletSignIn: z.boolean(),
    oidc: z.object({ name: z.string(), loginPath: z.string() }).optional(),
    gatewayUrl: z.string().optional(),
  })
  .meta({ id: 'SiteView' });

/** `GET /v1/site`: what a page has to know before anybody signs in. */
export const addSiteRoutes: AddRoutes = (server, { ports }) => {
  const { site, oidc } = ports;
  const { name, chainId, explorerUrlTemplate, walletSignIn, gatewayUrl } = site;
  const loginPath = `${site.prefix}/v1/session/oidc/login`;
  server.get(
    '/site',
    {
      config: { access: 'public' },
      schema: { tags: ['site'], summary: 'What this site is', response: { 200: siteView } },
    },
    async () => ({
      ...{ name, chainId, explorerUrlTemplate, walletSignIn, gatewayUrl },
      oidc: oidc === undefined ? undefined : { name: oidc.provider.name, loginPath },
    }),
  );
};
