import { describe, expect, test } from '@jest/globals';
import { parseCommand, secondsFlag, urlFlag, UsageError } from './arguments.ts';
import { helmValues } from './helm-values.ts';

const parse = (line: string) => parseCommand(line.split(' ').filter((word) => word !== ''));
const command = (line: string) => {
  const parsed = parse(line);
  if (parsed === 'help') throw new Error('help');
  return parsed;
};

describe('what is typed after kubectl io', () => {
  test('is a verb, a member and flags in any order', () => {
    const flags = { deadline: '5m', wait: true };
    expect(parse('member drain --wait fra-1 --deadline 5m')).toMatchObject({
      ...{ verb: 'drain', name: 'fra-1', flags },
    });
    expect(parse('member list --context hub')).toMatchObject({ verb: 'list', name: '' });
  });

  test.each(['help', '--help', 'member -h', 'member help', 'member accept --help'])(
    'asks for help: %s',
    (line) => expect(parse(line)).toBe('help'),
  );

  test.each([
    ['', 'usage: kubectl io member VERB'],
    ['node list', 'usage: kubectl io member VERB'],
    ['member', 'usage: kubectl io member VERB'],
    ['member toString fra-1', 'usage: kubectl io member VERB'],
    ['member accept', 'usage: kubectl io member accept NAME'],
    ['member accept a b', 'usage: kubectl io member accept NAME'],
    ['member list fra-1', 'usage: kubectl io member list'],
    ['member accept Frankfurt', 'NAME "Frankfurt": must be lower-case letters'],
    [`member accept ${'a'.repeat(54)}`, 'at most 53'],
    ['member accept a/b', 'NAME "a/b"'],
    ['member drain fra-1 --ttl 1h', 'usage: kubectl io member drain NAME'],
    ['member drain fra-1 --deadline', 'usage: kubectl io member drain NAME'],
  ])('is not understood: %s', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });

  test.each([
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5_400],
    ['0s', 0],
  ])('a duration %s', (text, seconds) => {
    expect(secondsFlag(command(`member drain a --deadline ${text}`), 'deadline')).toBe(seconds);
  });

  test.each(['10', '-5m', 'm', '1.5h', '5m1h'])('%s is no duration', (text) => {
    const drain = command(`member drain a --deadline=${text}`);
    expect(() => secondsFlag(drain, 'deadline')).toThrow('must be a duration such as');
  });

  test('the hub is spoken to by TLS only', () => {
    const url = (text: string) => urlFlag(command(`member invite a --hub-url ${text}`), 'hub-url');
    expect(url('https://hub.example.org:6443')).toBe('https://hub.example.org:6443');
    for (const wrong of ['http://hub.example.org', 'hub.example.org']) {
      expect(() => url(wrong)).toThrow('must be a URL such as https://');
    }
  });
});

test('the values of an invitation are YAML, whatever a name looks like', () => {
  const values = { hubUrl: 'https://hub', apiUrl: 'https://api', caBundle: 'A\r\nB\n' };
  const text = helmValues({ ...values, member: '42', enrolment: 2, token: 't' });
  expect(text).toBe(`hub:
  url: "https://hub"
  apiUrl: "https://api"
  caBundle: |
    A
    B
member:
  name: "42"
  enrolment: 2
join:
  token: "t"
`);
  const least = { ...values, caBundle: undefined, apiUrl: undefined };
  expect(helmValues({ ...least, member: 'a', enrolment: 1, token: 't' })).not.toMatch(/api|caB/);
});
