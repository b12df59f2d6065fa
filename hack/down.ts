import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { stopFederation } from './federation/index.ts';
import { runDirectoryOf } from './federation/paths.ts';
import { ownerOf, runDirectories } from './federation/run-directory.ts';
import { runMain } from './federation/user-error.ts';

/**
 * `make down`: ends everything that was started from this checkout and is used by nobody; with
 * `--name`, only the federation of that name.
 */
await runMain(async () => {
  const { values } = parseArgs({ options: { name: { type: 'string' } } });
  const chosen = values.name === undefined ? runDirectories() : [runDirectoryOf(values.name)];
  for (const directory of chosen) {
    const owner = ownerOf(directory);
    if (owner === undefined) {
      await stopFederation(directory);
      process.stdout.write(`${basename(directory)} is down\n`);
    } else {
      process.stdout.write(`${basename(directory)} stays: process ${owner.pid} uses it\n`);
    }
  }
});
