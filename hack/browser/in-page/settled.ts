const POLL_MS = 20;
/** What was drawn last has been laid out, and nothing new has begun. */
const CALM_POLLS = 3;

/** A page that was left is shown until the next one has been loaded. */
const LEFT = 'data-left';
/** The next page may be the same one, with other data. */
const SAME_AFTER_MS = 1_500;

/** What is shown now is no longer what was asked for. */
export function leave(): void {
  document.querySelector('h1')?.setAttribute(LEFT, String(performance.now()));
}

/** Returns when the page shows what it is about: a heading, and nothing that is still to come. */
export async function settled(withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let calm = 0; calm < CALM_POLLS; calm += 1) {
    const missing = whatIsMissing();
    if (missing === undefined) await pause();
    else if (performance.now() > deadline) throw new Error(`${location.pathname}: ${missing}`);
    else {
      calm = -1;
      await pause();
    }
  }
}

function whatIsMissing(): string | undefined {
  const heading = document.querySelector('h1');
  if (heading === null) return 'it has no heading';
  const left = heading.getAttribute(LEFT);
  if (left !== null && performance.now() - Number(left) < SAME_AFTER_MS)
    return 'it has not come yet';
  const busy = document.querySelector('[aria-busy="true"]');
  if (busy !== null) return `<${busy.localName} class="${busy.className}"> is busy`;
  return document.fonts.status === 'loaded' ? undefined : 'fonts are still loading';
}

const pause = (): Promise<void> => new Promise((done) => setTimeout(done, POLL_MS));
