import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutDirectory } from '../federation/paths.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { startFixture } from './fixture.ts';
import { launchBrowser } from './launch.ts';
import { overflowsOf, violationsOf } from './looks.ts';
import { signInByToken } from './sign-in.ts';
import { settled, themes, visit, type Visit, widths } from './visit.ts';

const scenarios = ['usual', 'empty', 'hostile', 'slow', 'down', 'large', 'denied'] as const;

/**
 * `npm run look -- --path /explorer`: a picture of one page of the built console, and what is wrong with
 * it. Without --origin the page has the data of the fixture server.
 */
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      path: { type: 'string', default: '/' },
      theme: { type: 'string', default: 'light' },
      width: { type: 'string', default: '1440' },
      scenario: { type: 'string', default: 'usual' },
      origin: { type: 'string' },
      token: { type: 'string', default: 'token-of-a-look' },
      anonymous: { type: 'boolean', default: false },
      out: { type: 'string', default: join(checkoutDirectory, 'dist/look.png') },
    },
  });
  const theme = oneOf(themes, values.theme, '--theme');
  const width = oneOf(widths, Number(values.width), '--width');
  const scenario = oneOf(scenarios, values.scenario, '--scenario');
  const server = values.origin === undefined ? await startFixture() : undefined;
  server?.setScenario(scenario);
  const browser = await launchBrowser();
  try {
    const origin = (values.origin ?? server?.url ?? '').replace(/\/$/, '');
    const somebody = await visit(browser, { origin, theme, width });
    await somebody.open('/');
    if (!values.anonymous) await signInByToken(somebody, values.token);
    await somebody.go(values.path);
    mkdirSync(dirname(values.out), { recursive: true });
    await somebody.page.screenshot({ path: values.out, fullPage: true });
    process.stdout.write(`${[values.out, ...(await faultsOf(somebody))].join('\n')}\n`);
  } finally {
    await browser.close();
    await server?.close();
  }
});

async function faultsOf(somebody: Visit): Promise<readonly string[]> {
  await settled(somebody.page);
  return [
    ...(await violationsOf(somebody)),
    ...(await overflowsOf(somebody)),
    ...somebody.watch.problems,
  ];
}

function oneOf<T>(allowed: readonly T[], value: unknown, flag: string): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new UserError(`${flag} is one of ${allowed.join(', ')}, not ${String(value)}.`);
}
