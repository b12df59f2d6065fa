import { describe, expect, test } from '@jest/globals';
import { endToEnd, helloOf, targetOf, websocketHeaders } from './headers.ts';

describe('from one end to the other go', () => {
  test.each<[string, Record<string, string | string[]>, object]>([
    ['ordinary headers', { accept: 'text/html', 'x-a': '1' }, { accept: 'text/html', 'x-a': '1' }],
    ['lists', { 'set-cookie': ['a=1', 'b=2'] }, { 'set-cookie': ['a=1', 'b=2'] }],
    ['names in lower case', { Accept: '*/*' }, { accept: '*/*' }],
    ['no pseudo headers', { ':path': '/', ':authority': 'x' }, {}],
    ['none for one hop', { connection: 'close', te: 'trailers', upgrade: 'h2c', host: 'a' }, {}],
    ['no framing', { 'transfer-encoding': 'chunked' }, {}],
    [
      'none that connection names',
      { connection: 'x-a, X-B', 'x-a': '1', 'x-b': '2', c: '3' },
      { c: '3' },
    ],
    ['no bearer', { authorization: 'Bearer secret', 'x-ray-authorization': 'Bearer t' }, {}],
    ['none of the tunnel', { 'x-io-lease': 'lease-0', 'X-IO-Refusal': 'HeadFailed' }, {}],
  ])('%s', (_sentence, headers, expected) => {
    expect(endToEnd(headers)).toEqual(expected);
  });

  test('of a websocket, nothing of the handshake but what both ends agree on', () => {
    const headers = {
      ...{ 'sec-websocket-key': 'k', 'sec-websocket-version': '13', 'sec-websocket-accept': 'a' },
      ...{ 'sec-websocket-protocol': 'p', 'sec-websocket-extensions': 'e', 'content-length': '0' },
    };
    expect(websocketHeaders(headers)).toEqual({
      'sec-websocket-protocol': 'p',
      'sec-websocket-extensions': 'e',
    });
  });
});

describe('a hello', () => {
  const hello = (gateway: unknown, count: unknown) =>
    helloOf({ 'x-io-gateway-id': gateway as string, 'x-io-gateway-count': count as string });

  test('says which gateway it is, and how many there are', () => {
    expect(hello('api-7d9f-x2', '2')).toEqual({ gateway: 'api-7d9f-x2', count: 2 });
  });

  test('is not believed beyond a limit', () => {
    expect(hello('api-0', '9999')).toEqual({ gateway: 'api-0', count: 16 });
  });

  test.each<[string, unknown, unknown]>([
    ['without an id', undefined, '1'],
    ['with an id that is a path', '../x', '1'],
    ['with an id that is too long', 'x'.repeat(128), '1'],
    ['with two ids', ['a', 'b'], '1'],
    ['without a count', 'a', undefined],
    ['with none', 'a', '0'],
    ['with a count that is no number', 'a', '1e9'],
    ['with a count of too many digits', 'a', '10000'],
  ])('is refused %s', (_sentence, gateway, count) => {
    expect(hello(gateway, count)).toBeUndefined();
  });
});

describe('a request', () => {
  const target = (lease: unknown, service: unknown) =>
    targetOf({ 'x-io-lease': lease as string, 'x-io-service': service as string });

  test('names a lease and a service', () => {
    expect(target('lease-0123456789abcdef', 'serve')).toEqual({
      lease: 'lease-0123456789abcdef',
      service: 'serve',
    });
  });

  test.each<[string, unknown, unknown]>([
    ['no lease', undefined, 'serve'],
    ['a host for a lease', '10.0.0.1', 'serve'],
    ['a path for a lease', 'lease-0123456789abcdef/../x', 'serve'],
    ['two leases', ['lease-0123456789abcdef', 'lease-0123456789abcdee'], 'serve'],
    ['no service', 'lease-0123456789abcdef', undefined],
    ['a port for a service', 'lease-0123456789abcdef', '22'],
    ['what every object has', 'lease-0123456789abcdef', 'constructor'],
  ])('is none with %s', (_sentence, lease, service) => {
    expect(target(lease, service)).toBeUndefined();
  });
});
