import type { Locator } from 'playwright-core';
import { eventually } from '../../operator/testing/eventually.ts';
import { settled, type Visit } from './visit.ts';

/** From a signature to a transaction that is final, on a chain with short slots. */
const FINAL_WITHIN_MS = 45_000;
const RUNS_WITHIN_MS = 90_000;

const main = ({ page }: Visit): Locator => page.getByRole('main');

/** Presses a button of the page; of a dialog while one is open. */
export async function press(one: Visit, name: string | RegExp): Promise<void> {
  const dialog = one.page.getByRole('dialog');
  const place = (await dialog.count()) > 0 ? dialog : main(one);
  await place
    .getByRole('button', { name, ...exactly(name) })
    .first()
    .click();
}

const exactly = (name: string | RegExp) => (typeof name === 'string' ? { exact: true } : {});

/** Chooses one of a person's accounts, in the menu of the header. */
export async function chooseAccount({ page }: Visit, name: string): Promise<void> {
  await page.getByRole('button', { name: /account and sign-out/i }).click();
  await page.getByRole('button').getByText(name, { exact: true }).last().click();
}

/** Fills in the form, rents, and is on the page of the cluster afterwards. */
export async function rent(one: Visit, { name, account }: Record<'name' | 'account', string>) {
  await one.go('/cloud/rent');
  await main(one).getByRole('textbox', { name: /^Name/ }).first().fill(name);
  await main(one)
    .getByRole('button', { name: /Who pays/ })
    .click();
  await one.page.getByRole('option', { name: account, exact: true }).click();
  await press(one, 'Rent it');
  await one.page.getByRole('heading', { level: 1, name }).waitFor();
  await settled(one.page);
}

/** Looks at the page of a cluster until it says so: `Running`, `Ending`. */
export const watchUntil = (one: Visit, phase: string): Promise<void> =>
  main(one)
    .locator('.page-header')
    .getByText(phase, { exact: true })
    .waitFor({ timeout: RUNS_WITHIN_MS });

/** Changes the number of workers, on the page of a cluster. */
export async function scale(one: Visit, workers: number): Promise<void> {
  await main(one).getByRole('tab', { name: 'Workers' }).click();
  const field = main(one).getByLabel('Number of workers');
  await field.fill(String(workers));
  await field.press('Tab');
  await press(one, 'Scale');
  await main(one)
    .getByText(`${workers} of ${workers}`)
    .first()
    .waitFor({ timeout: RUNS_WITHIN_MS });
}

/** Ends a cluster, which asks for its name. */
export async function end(one: Visit, name: string): Promise<void> {
  await press(one, 'End');
  await one.page.getByRole('dialog').getByRole('textbox').fill(name);
  await press(one, 'End it');
  await one.page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor();
}

/**
 * Reads what the server built, has it signed by the wallet of the page, and waits until it is final.
 * Returns what the person was told before signing.
 */
export async function signTransaction(one: Visit): Promise<string> {
  const dialog = one.page.getByRole('dialog');
  const wallet = dialog.getByRole('button', { name: /test wallet/i });
  const sign = dialog.getByRole('button', { name: 'Sign in wallet' });
  await wallet.or(sign).first().waitFor();
  if (await wallet.isVisible()) await wallet.click();
  const again = dialog.getByRole('button', { name: 'Try again' });
  // What is final on a chain follows some slots after its clock.
  await eventually(
    async () => {
      if (await again.isVisible()) await again.click();
      if (!(await sign.isVisible())) throw new Error('there is nothing to sign yet');
    },
    { withinMs: FINAL_WITHIN_MS, everyMs: 200 },
  );
  const summary = await dialog.getByRole('list', { name: 'What you sign' }).innerText();
  await sign.click();
  // A page that hears of it first may have no more use for the dialog.
  const final = dialog.getByText('It is final on the chain').waitFor({ timeout: FINAL_WITHIN_MS });
  await Promise.race([final, dialog.waitFor({ state: 'detached', timeout: FINAL_WITHIN_MS })]);
  final.catch(() => undefined);
  if (await dialog.isVisible()) await press(one, 'Close');
  return summary;
}
