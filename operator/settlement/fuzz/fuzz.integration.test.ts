import { expect, test } from '@jest/globals';
import { stakeProgram } from '../../testing/solana-program.ts';
import { fuzz } from './fuzz.ts';

const instructions = 20_000;
/** Ten seconds on a machine that does nothing else. */
const timeoutMs = 300_000;

test(
  '20,000 random instructions of several actors are answered as the model says',
  async () => {
    const { accepted, answers } = await fuzz(await stakeProgram(), 1, instructions);
    // A fuzzer that only ever hears no has tried nothing.
    expect(accepted).toBeGreaterThan(instructions / 3);
    const succeeded = [...answers.keys()].filter((key) => key.endsWith(': ok'));
    expect(succeeded).toHaveLength(18);
    expect(answers.size).toBeGreaterThan(60);
  },
  timeoutMs,
);
