import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { secureContext, type ServerTls } from '../../api/server.ts';

/** Paths of PEM files, as a Secret is mounted. */
export type TlsPaths = Readonly<{ cert: string; key: string; clientCa: string }>;

/** Reads the files; throws when the key is not that of the certificate. */
export async function readTls(paths: TlsPaths): Promise<ServerTls> {
  const [cert, key, clientCa] = await Promise.all(
    [paths.cert, paths.key, paths.clientCa].map((path) => readFile(path, 'utf8')),
  );
  const tls = { cert: cert ?? '', key: key ?? '', clientCa: clientCa ?? '' };
  createSecureContext(secureContext(tls));
  return tls;
}

/** Whether nothing was renewed. */
export function sameTls(a: ServerTls, b: ServerTls): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}
