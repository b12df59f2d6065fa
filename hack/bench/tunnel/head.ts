import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { readInput, sayReady } from './process.ts';

type Input = Readonly<{ cert: string; key: string }>;

const chunk = Buffer.alloc(64 * 1024, 'x');

/** `/bytes/N` is so many bytes, `/held` never ends, anything else is a short answer. */
const answer: RequestListener = ({ url = '' }, response) => {
  if (url === '/held') return void response.write('held');
  const [, bytes] = /^\/bytes\/(\d+)$/.exec(url) ?? [];
  if (bytes === undefined) return void response.end('ok');
  let left = Number(bytes);
  response.setHeader('content-length', left);
  new Readable({
    read() {
      const part = chunk.subarray(0, Math.min(left, chunk.length));
      left -= part.length;
      this.push(part.length === 0 ? null : part);
    },
  }).pipe(response);
};

const { cert, key } = await readInput<Input>();
const plain = createServer(answer).listen(0, '127.0.0.1');
const secure = createSecureServer({ cert, key, minVersion: 'TLSv1.3' }, answer);
secure.listen(0, '127.0.0.1');
await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
sayReady({
  plainPort: (plain.address() as AddressInfo).port,
  securePort: (secure.address() as AddressInfo).port,
});
