import { settled, type Visit, widths } from './visit.ts';

const HEIGHT = 900;

/** Where text sticks out or is cut off in the page as it is, in each width. */
export async function overflowsOf({ page }: Visit): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: HEIGHT });
    await settled(page);
    const found = await page.evaluate<string[]>('__look.overflows()');
    problems.push(...found.map((each) => `at ${width} px: ${each}`));
  }
  return problems;
}

/** What axe finds wrong with the page as it is. */
export function violationsOf({ page }: Visit): Promise<readonly string[]> {
  return page.evaluate<string[]>('__look.violations()');
}
