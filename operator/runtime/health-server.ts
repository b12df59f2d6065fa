import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The result of one check; `message` says why it is not well. */
export type HealthCheck = { name: string; ok: boolean; message?: string };

/** What the server answers with. */
export type HealthSources = {
  healthz: () => readonly HealthCheck[];
  readyz: () => readonly HealthCheck[];
  /** The metrics in Prometheus' text format, and its content type. */
  metrics?: () => Promise<{ contentType: string; text: string }>;
};

/**
 * Serves `/healthz`, `/readyz` (both with `?verbose`) and `/metrics` to kubelets and Prometheus.
 * It takes no bodies, and holds no connection for long.
 */
export class HealthServer {
  readonly #server: Server;
  readonly #sources: HealthSources;

  constructor(sources: HealthSources) {
    this.#sources = sources;
    this.#server = createServer(
      { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
      (request, response) => {
        request.resume();
        this.#answer(request.method ?? '', request.url ?? '/', response).catch(() => {
          if (!response.headersSent) response.writeHead(500);
          response.end();
        });
      },
    );
    this.#server.maxConnections = 64;
    this.#server.setTimeout(15_000);
  }

  /** Listens; port 0 takes a free one. Resolves with the port. */
  listen(options: { host: string; port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(options, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(method: string, url: string, response: ServerResponse): Promise<void> {
    const [path = '/', query = ''] = url.split('?', 2);
    if (method !== 'GET' && method !== 'HEAD') {
      send(response, { status: 405, text: 'only GET\n', headers: { allow: 'GET, HEAD' } });
      return;
    }
    const verbose = new URLSearchParams(query).has('verbose');
    switch (path) {
      case '/healthz':
      case '/livez':
        send(response, report(this.#sources.healthz(), verbose));
        return;
      case '/readyz':
        send(response, report(this.#sources.readyz(), verbose));
        return;
      case '/metrics':
        if (this.#sources.metrics !== undefined) {
          const { text, contentType } = await this.#sources.metrics();
          send(response, { status: 200, text, headers: { 'content-type': contentType } });
          return;
        }
        break;
      default:
    }
    send(response, { status: 404, text: 'not found\n' });
  }
}

type Answer = { status: number; text: string; headers?: Record<string, string> };

function report(checks: readonly HealthCheck[], verbose: boolean): Answer {
  const failed = checks.filter((check) => !check.ok);
  const status = failed.length === 0 ? 200 : 503;
  if (status === 200 && !verbose) return { status, text: 'ok\n' };
  const lines = (verbose ? checks : failed).map((check) =>
    check.ok ? `[+]${check.name} ok` : `[-]${check.name} failed: ${check.message ?? 'no reason'}`,
  );
  return { status, text: `${lines.join('\n')}\n` };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(answer.text),
    ...answer.headers,
  });
  response.end(answer.text);
}
