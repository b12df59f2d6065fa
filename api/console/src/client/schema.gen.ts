/** Generated from the OpenAPI document of the API: npm run generate. */

export interface paths {
  "/v1/site": {
    /** What this site is */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["SiteView"];
          };
        };
      };
    };
  };
  "/v1/network": {
    /** Supply and demand now */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["NetworkView"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/network/models": {
    /** Supply, demand and prices by model */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["ModelMarketView"][];
            };
          };
        };
      };
    };
  };
  "/v1/network/countries": {
    /** Capacity by country */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["CountryCapacityView"][];
            };
          };
        };
      };
    };
  };
  "/v1/network/history": {
    /** The network over time */
    get: {
      parameters: {
        query?: {
          hours?: number;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["HistoryPoint"][];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/network/models/{model}/prices": {
    /** Prices of a model over time */
    get: {
      parameters: {
        query?: {
          hours?: number;
        };
        path: {
          model: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["PricePoint"][];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/network/emission": {
    /** What was and will be emitted */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["EmissionView"];
          };
        };
      };
    };
  };
  "/v1/network/events": {
    /** Server-sent events: `network` and `epoch`, without content */
    get: {
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/epochs": {
    /** Closed epochs, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["EpochView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/epochs/{epoch}": {
    /** A closed epoch */
    get: {
      parameters: {
        path: {
          epoch: number;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["EpochView"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/epochs/{epoch}/bundle": {
    /** Files that anybody can check an epoch by, and their hashes */
    get: {
      parameters: {
        path: {
          epoch: number;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["BundleManifest"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/epochs/{epoch}/bundle/{file}": {
    /** A file of the bundle of an epoch */
    get: {
      parameters: {
        path: {
          epoch: number;
          file: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/chain/events": {
    /** Events of the program on chain, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
          kind?: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["ChainEventView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/session": {
    /** Who the caller is */
    get: {
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["SessionView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /** Signs out: the cookie goes */
    delete: {
      responses: {
        /** @description Done. */
        204: {
          content: never;
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/session/wallet/challenge": {
    /** A text for a wallet to sign */
    post: {
      requestBody: {
        content: {
          "application/json": {
            wallet: string;
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              message: string;
              expiresAt: components["schemas"]["Instant"];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/session/wallet": {
    /** Signs in with a wallet; the answer has the cookie */
    post: {
      requestBody: {
        content: {
          "application/json": {
            message: string;
            signature: string;
          };
        };
      };
      responses: {
        /** @description Done. */
        204: {
          content: never;
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It does not fit what is there. */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/session/oidc/login": {
    /** Sends people to their provider to sign in */
    get: {
      parameters: {
        query?: {
          returnTo?: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/session/oidc/callback": {
    /** Where the provider sends people back to */
    get: {
      parameters: {
        query?: {
          state?: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/events": {
    /** Server-sent events `cluster`, `device`, `member`, `account`, `case`, `network` and `epoch`: the scope and the name of what changed */
    get: {
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/namespaces/{ns}/clusters": {
    /** IOClusters of a namespace */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
        };
        path: {
          ns: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["ClusterView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /** Make an IOCluster, or have it judged only */
    post: {
      parameters: {
        query?: {
          dryRun?: "true" | "false";
        };
        path: {
          ns: string;
        };
      };
      requestBody: {
        content: {
          "application/json": {
            name: string;
            /** @description `spec` of an IOCluster: see `kubectl explain ioc.spec`. */
            spec: {
              [key: string]: unknown;
            };
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["ClusterView"];
          };
        };
        /** @description Made. */
        201: {
          content: {
            "application/json": components["schemas"]["ClusterView"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It does not fit what is there. */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/namespaces/{ns}/clusters/{name}": {
    /** An IOCluster */
    get: {
      parameters: {
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["ClusterView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /**
     * End an IOCluster
     * @description It is gone once what it owes is settled. If-Match is taken when it is there.
     */
    delete: {
      parameters: {
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description Done. */
        202: {
          content: never;
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It was changed since it was read. */
        412: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /**
     * Suspend, resume or resize an IOCluster, or change how long it lives
     * @description If-Match has to be the `resourceVersion` that was read, or `*`.
     */
    patch: {
      parameters: {
        path: {
          ns: string;
          name: string;
        };
      };
      requestBody: {
        content: {
          "application/json": {
            suspend?: boolean;
            workerGroups?: {
                name: string;
                replicas: number;
              }[];
            ttl?: string;
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["ClusterView"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It was changed since it was read. */
        412: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description An answer. */
        428: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/namespaces/{ns}/clusters/{name}/usage": {
    /** What an IOCluster used in each epoch, and what that cost */
    get: {
      parameters: {
        query?: {
          epochs?: number;
        };
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["ClusterUsage"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/namespaces/{ns}/clusters/{name}/events": {
    /** What happened to an IOCluster, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
        };
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["ClusterEvent"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/quotes": {
    /** What an IOCluster would cost, and whether it could start now */
    post: {
      requestBody: {
        content: {
          "application/json": {
            namespace: string;
            /** @default cluster */
            name?: string;
            /** @description `spec` of an IOCluster: see `kubectl explain ioc.spec`. */
            spec: {
              [key: string]: unknown;
            };
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["Quote"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It does not fit what is there. */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests; Retry-After says when the next may come. */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts": {
    /** IOAccounts that the caller may get */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
          namespace?: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["AccountView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{ns}/{name}": {
    /** An IOAccount */
    get: {
      parameters: {
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["AccountView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{ns}/{name}/ledger": {
    /** All that moved on an account, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
        };
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["LedgerLine"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{ns}/{name}/series": {
    /** What an account earned and spent, by month and asset */
    get: {
      parameters: {
        query?: {
          months?: number;
        };
        path: {
          ns: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["AccountMonth"][];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{ns}/{name}/statements/{month}": {
    /**
     * What an account earned and spent in a month
     * @description As JSON, or as csv, as FOCUS 1.2, or as an invoice in HTML.
     */
    get: {
      parameters: {
        query?: {
          format?: "json" | "csv" | "focus" | "html";
        };
        path: {
          ns: string;
          name: string;
          month: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["Statement"] | string;
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{ns}/{name}/taxes/{year}": {
    /** All that an account earned and spent in a year, with fair values, as csv */
    get: {
      parameters: {
        path: {
          ns: string;
          name: string;
          year: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/devices": {
    /** Devices of an account, of a member, or all */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
          account?: string;
          member?: string;
          model?: string;
          state?: "Free" | "Leased" | "Blocked" | "Broken";
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["DeviceView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/devices/counts": {
    /** How many devices there are of each state */
    get: {
      parameters: {
        query?: {
          account?: string;
          member?: string;
          model?: string;
          state?: "Free" | "Leased" | "Blocked" | "Broken";
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["DeviceCounts"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/devices/{member}/{name}": {
    /** A device */
    get: {
      parameters: {
        path: {
          member: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["DeviceView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/devices/{member}/{name}/metrics": {
    /** What a device did while it was leased, by the hour */
    get: {
      parameters: {
        query?: {
          hours?: number;
        };
        path: {
          member: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["DeviceMetric"][];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/devices/{member}/{name}/rewards": {
    /** What a device earned in the last epochs, and why */
    get: {
      parameters: {
        query?: {
          epochs?: number;
        };
        path: {
          member: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["DeviceReward"][];
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/members": {
    /** Members that earn for an account, or all */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
          account?: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["MemberView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/members/{name}": {
    /** A member */
    get: {
      parameters: {
        path: {
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["MemberView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/members/invitations": {
    /**
     * Invite a data centre
     * @description An earlier invitation of the same name ends.
     */
    post: {
      requestBody: {
        content: {
          "application/json": {
            name: string;
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["Invitation"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It does not fit what is there. */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/cases": {
    /** Cases against devices of an account, of a member, or all */
    get: {
      parameters: {
        query?: {
          limit?: number;
          /** @description `next` of the page before; without it, the first page. */
          cursor?: string;
          account?: string;
          member?: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["CaseView"][];
              /** @description The cursor of the next page. */
              next?: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/cases/{member}/{name}": {
    /** A case */
    get: {
      parameters: {
        path: {
          member: string;
          name: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["CaseView"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/transactions": {
    /** Build a transaction for a wallet to sign */
    post: {
      requestBody: {
        content: {
          "application/json": {
            action: {
              /** @enum {string} */
              type: "stake";
              member: string;
              device: string;
              amount?: string;
            } | {
              /** @enum {string} */
              type: "unstake";
              member: string;
              device: string;
            } | {
              /** @enum {string} */
              type: "withdrawStake";
              member: string;
              device: string;
            } | {
              /** @enum {string} */
              type: "claim";
            } | {
              /** @enum {string} */
              type: "appeal";
              member: string;
              case: string;
              statement: string;
            } | {
              /** @enum {string} */
              type: "deposit";
              account: string;
              asset: components["schemas"]["AssetInput"];
              amount: string;
            };
            wallet: string;
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["UnsignedTransaction"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description The caller may see it, but not do this. */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description There is no such thing, or the caller may not see it. */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It does not fit what is there. */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/transactions/{handle}": {
    /**
     * Send a transaction that was built here, signed
     * @description Sent again, the same transaction goes out again; it has its effect once.
     */
    post: {
      parameters: {
        path: {
          handle: string;
        };
      };
      requestBody: {
        content: {
          "application/json": {
            signed: string;
          };
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": {
              signature: string;
            };
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description It can be read, and cannot be done. */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/transactions/{signature}": {
    /** What became of a transaction */
    get: {
      parameters: {
        path: {
          signature: string;
        };
      };
      responses: {
        /** @description As asked for. */
        200: {
          content: {
            "application/json": components["schemas"]["TransactionState"];
          };
        };
        /** @description Something of the request is wrong; `errors` says what, field by field. */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Nobody is signed in, or the token is not valid. */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Something that is needed does not answer; Retry-After says when to ask again. */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/v1/accounts/{namespace}/{name}/wallet/challenge": {
    /** A text for the wallet of an account to sign */
    post: {
      parameters: {
        path: {
          namespace: string;
          name: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/accounts/{namespace}/{name}/wallet/proof": {
    /** Binds the wallet that signed the text to the account */
    post: {
      parameters: {
        path: {
          namespace: string;
          name: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/accounts/{namespace}/{name}/withdrawals": {
    /** Withdrawals, the newest first */
    get: {
      parameters: {
        path: {
          namespace: string;
          name: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
    /** Sends money of an account to the wallet that it proved */
    post: {
      parameters: {
        path: {
          namespace: string;
          name: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/rewards/epochs/{epoch}/root": {
    /** The root of an epoch, or the `latest` */
    get: {
      parameters: {
        path: {
          epoch: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
  "/v1/rewards/proofs/{wallet}": {
    /** With it a wallet claims; `?epoch=` names a root */
    get: {
      parameters: {
        path: {
          wallet: string;
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          content: never;
        };
      };
    };
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    /** @enum {string} */
    AssetInput: "USDC" | "IO";
    /**
     * Format: date-time
     * @description RFC 3339, in UTC.
     */
    Instant: string;
    /** @description An exact decimal number as text; never a float. */
    Decimal: string;
    /** @enum {string} */
    Asset: "USDC" | "IO";
    Condition: {
      type: string;
      /** @enum {string} */
      status: "True" | "False" | "Unknown";
      reason: string;
      message: string;
      lastTransitionTime: components["schemas"]["Instant"];
    };
    /** @description application/problem+json, RFC 9457. */
    Problem: {
      type: string;
      title: string;
      status: number;
      /** @description For people: what is wrong, and what would be right. */
      detail: string;
      /** @description One word for machines. */
      reason: string;
      errors?: {
          field: string;
          got: string;
          expected: string;
        }[];
    };
    ClusterView: {
      namespace: string;
      name: string;
      uid: string;
      account?: string;
      createdAt: components["schemas"]["Instant"];
      resourceVersion: string;
      /** @enum {string} */
      phase: "Quoted" | "Suspended" | "Waiting" | "Starting" | "Running" | "Ending" | "Ended" | "Refused";
      conditions: readonly components["schemas"]["Condition"][];
      rayVersion: string;
      image?: string;
      stack?: string;
      /** @enum {string} */
      capacity: "OnDemand" | "Spot";
      suspended: boolean;
      workerGroups: readonly {
          name: string;
          replicas: number;
          minReplicas?: number;
          maxReplicas?: number;
          devicesPerWorker: number;
          models: readonly string[];
        }[];
      devices?: number;
      priceMicroUsdPerHour?: number;
      payment?: {
        asset: components["schemas"]["Asset"];
        perHour: components["schemas"]["Decimal"];
        hold: components["schemas"]["Decimal"];
      };
      spend?: {
        asset: components["schemas"]["Asset"];
        settled: components["schemas"]["Decimal"];
        held: components["schemas"]["Decimal"];
        unsettled: components["schemas"]["Decimal"];
        time: components["schemas"]["Instant"];
      };
      lease?: {
        id: string;
        member: string;
        country?: string;
        startTime: components["schemas"]["Instant"];
        devices: number;
      };
      workers?: {
        desired: number;
        ready: number;
      };
      endpoint?: string;
      refusals: readonly {
          reason: string;
          members: number;
          devices: number;
        }[];
      queuePosition?: number;
    };
    DeviceView: {
      member: string;
      name: string;
      account?: string;
      uuid?: string;
      node: string;
      index: number;
      product: string;
      model?: string;
      migProfile?: string;
      memoryMiB: number;
      driverVersion?: string;
      conditions: readonly components["schemas"]["Condition"][];
      /** @enum {string} */
      blockedBy?: "Identified" | "Verified" | "Staked" | "Healthy" | "Offered";
      onDemandMicroUsdPerHour?: number;
      spotMicroUsdPerHour?: number;
      health?: {
        state: string;
        reason: string;
        message: string;
        since: components["schemas"]["Instant"];
      };
      lease?: {
        id: string;
        since: components["schemas"]["Instant"];
      };
      stake?: {
        amount: components["schemas"]["Decimal"];
        required: components["schemas"]["Decimal"];
        escrowed: components["schemas"]["Decimal"];
        unlockTime?: components["schemas"]["Instant"];
        address?: string;
      };
    };
    DeviceCounts: {
      total: number;
      free: number;
      leased: number;
      blocked: number;
      broken: number;
    };
    MemberView: {
      name: string;
      displayName?: string;
      account?: string;
      accepted: boolean;
      denied: boolean;
      cordoned: boolean;
      drainDeadline?: components["schemas"]["Instant"];
      country: string;
      region?: string;
      city?: string;
      certifications: readonly string[];
      conditions: readonly components["schemas"]["Condition"][];
      createdAt: components["schemas"]["Instant"];
      devices: {
        total: number;
        free: number;
        leased: number;
        broken: number;
      };
      capacity: readonly {
          model: string;
          devices: number;
          verified: number;
          leased: number;
          free: number;
          onDemandMicroUsdPerHour?: number;
          spotMicroUsdPerHour?: number;
        }[];
      versions: {
        kubernetes?: string;
        kuberay?: string;
        agent?: string;
      };
    };
    CaseView: {
      member: string;
      name: string;
      account?: string;
      device: string;
      reason: string;
      evidenceSha256: string;
      evidenceUrl?: string;
      amount: components["schemas"]["Decimal"];
      conditions: readonly components["schemas"]["Condition"][];
      createdAt: components["schemas"]["Instant"];
      chainAddress?: string;
      owner?: string;
      openedAt?: components["schemas"]["Instant"];
      appealDeadline?: components["schemas"]["Instant"];
      appeal?: {
        time: components["schemas"]["Instant"];
        statement?: string;
      };
      outcome?: {
        decision: string;
        time: components["schemas"]["Instant"];
        statement?: string;
      };
    };
    AccountView: {
      namespace: string;
      name: string;
      /** @enum {string} */
      kind: "Renter" | "Supplier" | "Both";
      displayName?: string;
      wallet?: string;
      walletProved: boolean;
      createdAt: components["schemas"]["Instant"];
      devicesInUse: number;
      maxDevices?: number;
      balances: readonly {
          asset: components["schemas"]["Asset"];
          available: components["schemas"]["Decimal"];
          held: components["schemas"]["Decimal"];
          earned: components["schemas"]["Decimal"];
        }[];
      deposit?: {
        reference: string;
        accounts: readonly {
            asset: components["schemas"]["Asset"];
            address: string;
          }[];
      };
    };
    LedgerLine: {
      time: components["schemas"]["Instant"];
      epoch: number;
      cause: string;
      /** @description Such as renter:available or supplier:earned. */
      account: string;
      asset: components["schemas"]["Asset"];
      /** @description Below zero: it went out. */
      amount: components["schemas"]["Decimal"];
      subject: string;
      transferId: string;
    };
    AccountMonth: {
      month: string;
      asset: components["schemas"]["Asset"];
      earned: components["schemas"]["Decimal"];
      spent: components["schemas"]["Decimal"];
      fees: components["schemas"]["Decimal"];
      rewards: components["schemas"]["Decimal"];
    };
    NetworkView: {
      asOf: components["schemas"]["Instant"];
      members: number;
      countries: number;
      devices: {
        total: number;
        verified: number;
        offered: number;
        leased: number;
        free: number;
      };
      clusters: {
        running: number;
        waiting: number;
      };
      utilisationPermille: number;
    };
    ModelMarketView: {
      model: string;
      memoryMiB?: number;
      devices: number;
      verified: number;
      leased: number;
      free: number;
      wanted: number;
      onDemandMicroUsdPerHour?: {
        low: number;
        median: number;
        high: number;
      };
      spotMicroUsdPerHour?: {
        low: number;
        median: number;
        high: number;
      };
    };
    CountryCapacityView: {
      country?: string;
      continent: string;
      members: number;
      devices: number;
      free: number;
      models: {
          model: string;
          devices: number;
          free: number;
        }[];
    };
    HistoryPoint: {
      time: components["schemas"]["Instant"];
      devices: number;
      leased: number;
      waiting: number;
      utilisationPermille: number;
    };
    PricePoint: {
      time: components["schemas"]["Instant"];
      low: number;
      median: number;
      high: number;
    };
    EpochView: {
      epoch: number;
      startTime: components["schemas"]["Instant"];
      endTime: components["schemas"]["Instant"];
      closedAt: components["schemas"]["Instant"];
      leases: number;
      deviceSeconds: string;
      digest: string;
      chain: string;
      rewards?: {
        emitted: components["schemas"]["Decimal"];
        undistributed: components["schemas"]["Decimal"];
        devices: number;
        eligible: number;
        digest: string;
      };
    };
    EmissionView: {
      capIo: components["schemas"]["Decimal"];
      epochs: number;
      emittedIo: components["schemas"]["Decimal"];
      burnedIo: components["schemas"]["Decimal"];
      curve: {
          epoch: number;
          time: components["schemas"]["Instant"];
          cumulativeIo: components["schemas"]["Decimal"];
        }[];
    };
    ChainEventView: {
      signature: string;
      slot: number;
      time?: components["schemas"]["Instant"];
      kind: string;
      asset?: string;
      amount?: components["schemas"]["Decimal"];
    };
    ClusterUsage: {
      items: {
          epoch: number;
          startTime: components["schemas"]["Instant"];
          deviceSeconds: components["schemas"]["Decimal"];
          model: string;
          amount: components["schemas"]["Decimal"];
          asset: components["schemas"]["Asset"];
        }[];
      /** @description What all leases of the cluster cost so far, by asset. */
      total: {
          asset: components["schemas"]["Asset"];
          amount: components["schemas"]["Decimal"];
        }[];
    };
    ClusterEvent: {
      time: components["schemas"]["Instant"];
      type: string;
      reason: string;
      message: string;
    };
    /** @description An hour in a lease; what is not known is left out. */
    DeviceMetric: {
      time: components["schemas"]["Instant"];
      utilisationPercent?: number;
      temperatureCelsius?: number;
      powerWatts?: number;
    };
    DeviceReward: {
      epoch: number;
      amount: components["schemas"]["Decimal"];
      score: components["schemas"]["Decimal"];
      /** @description What was known of it then. */
      flags: ("Verified" | "Staked" | "Offered" | "Leased" | "Slashed" | "Up" | "AccountKnown" | "CoolingDown")[];
    };
    BundleManifest: {
      epoch: number;
      /** @description Of the lines `<sha256>  <name>` of all files. */
      sha256: string;
      chain: string;
      files: {
          name: string;
          bytes: number;
          sha256: string;
        }[];
      howTo: string;
    };
    Invitation: {
      /** @description What the data centre runs, with the token of the invitation in it. */
      helmCommand: string;
      expiresAt: components["schemas"]["Instant"];
    };
    Quote: {
      /** @description Whether it could start now, by the devices. */
      feasible: boolean;
      devices: number;
      priceMicroUsdPerHour?: number;
      payment?: {
        asset: components["schemas"]["Asset"];
        perHour: components["schemas"]["Decimal"];
        hold: components["schemas"]["Decimal"];
      };
      refusals: {
          reason: string;
          members: number;
          devices: number;
        }[];
      /** @description Why it could never start as it is. */
      reason?: string;
      /** @description Countries where it may fit now, the cheapest first. */
      alternatives: {
          country: string;
          priceMicroUsdPerHour: number;
          free: number;
        }[];
      /** @description What to apply, as it was asked. */
      yaml: string;
    };
    SessionView: {
      /** @description As the RBAC of the hub names the caller. */
      username: string;
      /** @enum {string} */
      via: "token" | "wallet" | "oidc";
      wallet?: string;
      displayName: string;
      accounts: ({
          namespace: string;
          name: string;
          /** @enum {string} */
          kind: "Renter" | "Supplier" | "Both";
        })[];
      /** @description In which the caller may see something; others have to be named. */
      namespaces: string[];
    };
    SiteView: {
      name: string;
      chainId: string;
      /** @description Of a page about a transaction; {signature} stands for its signature. */
      explorerUrlTemplate?: string;
      walletSignIn: boolean;
      oidc?: {
        name: string;
        loginPath: string;
      };
      gatewayUrl?: string;
    };
    StatementUsage: {
      cluster: string;
      member: string;
      model: string;
      asset: components["schemas"]["Asset"];
      pricePerHour?: components["schemas"]["Decimal"];
      deviceSeconds: components["schemas"]["Decimal"];
      usage: components["schemas"]["Decimal"];
      renterFee: components["schemas"]["Decimal"];
      supplierFee: components["schemas"]["Decimal"];
      rounding: components["schemas"]["Decimal"];
      total: components["schemas"]["Decimal"];
    };
    Statement: {
      account: string;
      month: string;
      invoiceNumber: string;
      periodStart: components["schemas"]["Instant"];
      periodEnd: components["schemas"]["Instant"];
      epochs?: {
        from: number;
        to: number;
      };
      rented: components["schemas"]["StatementUsage"][];
      supplied: components["schemas"]["StatementUsage"][];
      rewards: {
        amount: components["schemas"]["Decimal"];
        fairValueUsd: components["schemas"]["Decimal"];
        unpriced: components["schemas"]["Decimal"];
        epochs: number;
      };
      unrewarded: {
          devices: number;
          model: string;
          reasons: string[];
        }[];
      movements: {
          account: string;
          cause: string;
          asset: components["schemas"]["Asset"];
          amount: components["schemas"]["Decimal"];
        }[];
      balances: {
          account: string;
          asset: components["schemas"]["Asset"];
          opening: components["schemas"]["Decimal"];
          closing: components["schemas"]["Decimal"];
        }[];
    };
    UnsignedTransaction: {
      /** @description Base64, with an empty signature. */
      transaction: string;
      /** @description What it does, in lines for people. */
      summary: string[];
      /** @description By which it is sent once it is signed. */
      handle: string;
    };
    TransactionState: {
      /** @enum {string} */
      state: "Missing" | "Processing" | "Finalized" | "Failed";
      reason?: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type $defs = Record<string, never>;

export type external = Record<string, never>;

export type operations = Record<string, never>;
