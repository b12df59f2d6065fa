/** An error that the person at the terminal can act on: one sentence, shown without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Runs a command line tool: an error becomes one message on stderr and exit code 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const text =
      error instanceof UserError ? error.message : String((error as Error).stack ?? error);
    process.stderr.write(`io-operator: ${text}\n`);
    process.exitCode = 1;
  }
}
