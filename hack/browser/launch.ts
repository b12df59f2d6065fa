import { type Browser, chromium } from 'playwright-core';
import { createProgress, type Progress } from '../federation/progress.ts';
import { ensureChromium } from './chromium.ts';

const STARTS_WITHIN_MS = 60_000;

/**
 * Starts a Chromium that reaches nothing but this machine: a request to anywhere else fails, and a
 * `Watch` names it. Close it.
 */
export async function launchBrowser(progress: Progress = createProgress()): Promise<Browser> {
  const { executable, env } = await ensureChromium(progress);
  return chromium.launch({
    executablePath: executable,
    env: { ...definedOf(process.env), ...env },
    timeout: STARTS_WITHIN_MS,
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      '--no-proxy-server',
      '--disable-gpu',
    ],
  });
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
