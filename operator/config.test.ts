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
    });
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
    ['a heartbeat out of range', ['agent', '--heartbeat-seconds', '0'], /--heartbeat-seconds: /],
  ])('%s is refused with what would be right', (_, args, message) => {
    expect(() => readConfig(args, {})).toThrow(ConfigError);
    expect(() => readConfig(args, {})).toThrow(message);
  });
});
