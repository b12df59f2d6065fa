import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.ts';

describe('readConfig', () => {
  test('a hub without flags gets the documented defaults', () => {
    expect(readConfig(['hub'], {})).toMatchObject({
      command: 'hub',
      'log-level': 'info',
      'metrics-address': { host: '127.0.0.1', port: 8080 },
      'leader-election': true,
      'member-lost-seconds': 40,
      'hold-hours': 2,
      'budget-grace-seconds': 300,
      'money-poll-seconds': 5,
    });
  });

  test.each([
    ['migrate', ['migrate', '--genesis', '2026-11-01T00:00:00Z'], { genesis: 1_793_491_200 }],
    [
      'deposit',
      ['deposit', '--account', 'team/main', '--amount', '100.00', '--reference', 'invoice-1'],
      { account: 'team/main', asset: 'USDC', amount: '100.00' },
    ],
    [
      'statement',
      ['statement', '--account', 'team/main', '--month', '2026-11', '--format', 'focus'],
      { month: '2026-11', format: 'focus' },
    ],
    [
      'hub',
      ['hub', '--solana-rpc-url', 'https://one.example/?key=1, http://two.example'],
      { 'solana-rpc-url': ['https://one.example/?key=1', 'http://two.example'] },
    ],
    ['dead-letters', ['dead-letters', '--action', 'replay', '--letter', '7'], { letter: 7 }],
  ])('%s is told what to do', (command, args, expected) => {
    expect(readConfig(args, {})).toMatchObject({ command, ...expected });
  });

  test('a flag wins over its twin in the environment', () => {
    const environment = { IO_LOG_LEVEL: 'error', IO_CONCURRENCY: '3' };
    const config = readConfig(['hub', '--log-level', 'debug'], environment);
    expect(config).toMatchObject({ 'log-level': 'debug', concurrency: 3 });
  });

  test.each([
    ['no command', [], /usage: io-operator hub\|agent/],
    ['an unknown command', ['hubb'], /usage: io-operator hub\|agent/],
    ['an unknown flag', ['hub', '--nope', '1'], /--nope.*flags are --log-level/s],
    ['an agent without a name', ['agent', '--hub-kubeconfig', 'f'], /--member: /],
    [
      'a port that is none',
      ['hub', '--metrics-address', 'here'],
      /--metrics-address: must be host:port/,
    ],
    [
      'a genesis that is not on a full hour',
      ['migrate', '--genesis', '2026-11-01T00:30:00Z'],
      /--genesis: must be on a full hour/,
    ],
    [
      'an amount in words',
      ['deposit', '--account', 'a/b', '--amount', 'much', '--reference', 'r'],
      /--amount: must be a decimal number/,
    ],
    [
      'an account without its namespace',
      ['deposit', '--account', 'main', '--amount', '1', '--reference', 'r'],
      /--account: must be namespace\/name/,
    ],
    [
      'an intake that is not encrypted',
      ['agent', '--member', 'm', '--hub-kubeconfig', 'f', '--api-url', 'http://hub:8443'],
      /--api-url: must be https/,
    ],
    [
      'an RPC node that is no URL',
      ['hub', '--solana-rpc-url', 'https://one.example,two'],
      /--solana-rpc-url.*must be http\(s\) URLs, with commas between/,
    ],
    [
      'an address that is none',
      ['hub', '--solana-io-mint', '0x12'],
      /--solana-io-mint: must be an address in base58/,
    ],
    [
      'an api that is told of no hub',
      ['api', '--tls-cert', 'a', '--tls-key', 'b', '--client-ca', 'c'],
      /--hub-kubeconfig: is needed: the hub says which members are let in/,
    ],
    ['a heartbeat out of range', ['agent', '--heartbeat-seconds', '0'], /--heartbeat-seconds: /],
  ])('%s is refused with what would be right', (_, args, message) => {
    expect(() => readConfig(args, {})).toThrow(ConfigError);
    expect(() => readConfig(args, {})).toThrow(message);
  });
});
