import type { AddRoutes } from '../context.ts';
import { addAccountRoutes } from './accounts.ts';
import { addCaseRoutes } from './cases.ts';
import { addChainRoutes } from './chain.ts';
import { addClusterDetailRoutes } from './cluster-details.ts';
import { addClusterRoutes } from './clusters.ts';
import { addDeviceRoutes } from './devices.ts';
import { addEpochRoutes } from './epochs.ts';
import { addEventRoutes } from './events.ts';
import { addMemberRoutes } from './members.ts';
import { addNetworkRoutes } from './network.ts';
import { addQuoteRoutes } from './quotes.ts';
import { addSessionRoutes } from './session.ts';
import { addOidcRoutes } from './session-oidc.ts';
import { addSessionWalletRoutes } from './session-wallet.ts';
import { addSiteRoutes } from './site.ts';
import { addStatementRoutes } from './statements.ts';
import { addTransactionRoutes } from './transactions.ts';

/** Everything below `/v1` that has a schema, in the order of the documentation. */
export const routes: readonly AddRoutes[] = [
  addSiteRoutes,
  addNetworkRoutes,
  addEpochRoutes,
  addChainRoutes,
  addSessionRoutes,
  addSessionWalletRoutes,
  addOidcRoutes,
  addEventRoutes,
  addClusterRoutes,
  addClusterDetailRoutes,
  addQuoteRoutes,
  addAccountRoutes,
  addStatementRoutes,
  addDeviceRoutes,
  addMemberRoutes,
  addCaseRoutes,
  addTransactionRoutes,
];
