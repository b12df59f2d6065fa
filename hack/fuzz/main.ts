import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzz } from '../../operator/settlement/fuzz/fuzz.ts';
import { createProgress } from '../federation/progress.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { buildProgram } from '../solana/program.ts';

const sayEvery = 100_000;

/** `make fuzz [INSTRUCTIONS=1000000] [SEED=1]`: ends with `N passed, N failed`. */
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      instructions: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      answers: { type: 'boolean', default: false },
    },
  });
  const [instructions, seed] = [Number(values.instructions), Number(values.seed)];
  if (!Number.isInteger(instructions) || instructions < 1 || !Number.isInteger(seed)) {
    throw new UserError('--instructions and --seed take whole numbers.');
  }
  const { path, sha256 } = await buildProgram(createProgress());
  const say = (text: string): void => void process.stderr.write(`fuzz: ${text}\n`);
  say(`${instructions} instructions on io-stake ${sha256.slice(0, 12)}, seed ${seed}`);
  const start = performance.now();
  try {
    const { accepted, answers } = await fuzz(readFileSync(path), seed, instructions, (done) => {
      const perSecond = Math.round((1_000 * done) / (performance.now() - start));
      if (done % sayEvery === 0) say(`${done} done, ${perSecond} a second`);
    });
    const seconds = (performance.now() - start) / 1_000;
    say(`${accepted} accepted, ${answers.size} different answers, ${seconds.toFixed(0)} s`);
    if (values.answers) {
      for (const [answer, count] of answers) say(`${count} × ${answer}`);
    }
    process.stdout.write('1 passed, 0 failed\n');
  } catch (error) {
    process.stdout.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
    process.stdout.write('0 passed, 1 failed\n');
    process.exitCode = 1;
  }
});
