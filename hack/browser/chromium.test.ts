import { expect, test } from '@jest/globals';
import { type BrowserFacts, type Source, sourceOf } from './chromium.ts';

const facts = (changes: Partial<BrowserFacts>, programs: readonly string[] = []): BrowserFacts => ({
  ...{ platform: 'linux', architecture: 'x64', chosen: undefined },
  programPath: (name) => (programs.includes(name) ? `/usr/bin/${name}` : undefined),
  ...changes,
});

const debian = ['apt-get', 'dpkg-deb'];
const installed = (executable: string): Source => ({ kind: 'installed', executable });

test.each<[string, BrowserFacts, Source]>([
  ['Debian without one: from packages', facts({}, debian), { kind: 'packages' }],
  ['one in PATH is taken', facts({}, [...debian, 'chromium']), installed('/usr/bin/chromium')],
  [
    'one that is named wins over one in PATH',
    facts({ chosen: '/opt/chrome' }, [...debian, 'chromium']),
    installed('/opt/chrome'),
  ],
  [
    'a name is looked up in PATH',
    facts({ chosen: 'brave' }, [...debian, 'brave']),
    installed('/usr/bin/brave'),
  ],
  ['an empty CHROMIUM names none', facts({ chosen: '' }, debian), { kind: 'packages' }],
  [
    'another system may have one in PATH',
    facts({ platform: 'darwin' }, ['google-chrome']),
    installed('/usr/bin/google-chrome'),
  ],
])('%s', (_name, given, source) => {
  expect(sourceOf(given)).toEqual(source);
});

test.each<[string, BrowserFacts, RegExp]>([
  ['a name that is nowhere', facts({ chosen: 'brave' }, debian), /^CHROMIUM names brave, which/],
  ['no Debian', facts({}), /there is no apt-get, dpkg-deb: install a Chromium, or name one/],
  ['another system', facts({ platform: 'darwin' }), /on darwin x64: install a Chromium/],
  ['a processor without packages', facts({ architecture: 'riscv64' }, debian), /linux riscv64/],
])('why there is none: %s', (_name, given, why) => {
  const source = sourceOf(given);
  expect(source.kind === 'none' ? source.why : '').toMatch(why);
  expect(source.kind === 'none' ? source.why : '').toMatch(/^[^\n]+\.$/);
});
