import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createProgress } from '../federation/progress.ts';
import { runMain } from '../federation/user-error.ts';
import { buildProgram, buildUnchecked } from './program.ts';
import { programDirectory } from './toolchain.ts';

/**
 * Builds the Solana program, and says where it is and its hash. With `--write` the hash becomes the
 * one that this checkout has to build.
 */
await runMain(async () => {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const progress = createProgress();
  if (values.write) {
    const { sha256 } = await buildUnchecked(progress);
    writeFileSync(join(programDirectory, 'io-stake.sha256'), `${sha256}  io-stake.so\n`);
  }
  const { path, sha256 } = await buildProgram(progress);
  console.log(`${sha256}  ${path}`);
});
