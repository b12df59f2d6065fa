import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withFixture } from './browser/fixture.ts';
import { signInByToken } from './browser/sign-in.ts';
import { themes, visit } from './browser/visit.ts';
import { checkoutDirectory } from './federation/paths.ts';
import { createProgress } from './federation/progress.ts';
import { runMain } from './federation/user-error.ts';

const FOLDER = join(checkoutDirectory, 'dist/screenshots');

/** `make screenshots`: one PNG for each view and theme, of the console with the data of a fixture. */
await runMain(async () => {
  const progress = createProgress();
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  let count = 0;
  await withFixture(progress, async ({ browser, server, views }) => {
    for (const theme of themes) {
      await progress.during(`${views.length} views, ${theme}`, async () => {
        const somebody = await visit(browser, { origin: server.url, theme });
        await somebody.open('/');
        await signInByToken(somebody, 'token-of-a-screenshot');
        for (const { name, path } of views) {
          await somebody.go(path);
          await somebody.page.screenshot({
            ...{ path: join(FOLDER, `${name}-${theme}.png`), fullPage: true },
          });
          count += 1;
        }
        await somebody.close();
      });
    }
  });
  process.stdout.write(`${count} screenshots are in ${FOLDER}\n`);
});
