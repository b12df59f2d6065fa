import type { Page } from 'playwright-core';

const KEPT = 200;
const TEXT_LENGTH = 400;
/** Answers that say no where that is no fault: nobody is signed in, nothing can be claimed yet. */
const answersNo =
  /^console: .* status of (401 .*\/v1\/session|404 .*\/v1\/rewards\/(proofs\/\w+|epochs\/latest\/root))\)$/;

/**
 * What went wrong in a page while somebody used it: errors on its console, violations of its content
 * security policy among them, exceptions that nobody caught, and requests to anybody else.
 */
export class Watch {
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [answersNo];

  constructor(page: Page, origin: string) {
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      const { url } = message.location();
      this.#add(`console: ${message.text()}${url === '' ? '' : ` (${url})`}`);
    });
    page.on('pageerror', (error) => this.#add(`exception: ${error.stack ?? error.message}`));
    page.on('request', (request) => {
      const { protocol, origin: asked } = new URL(request.url());
      if (protocol === 'data:' || protocol === 'blob:' || asked === origin) return;
      this.#add(`third party: ${request.method()} ${request.url()}`);
    });
    page.on('crash', () => this.#add('the page crashed'));
  }

  /** From now on such a problem is what the test is about, and no problem. */
  expect(...patterns: readonly RegExp[]): void {
    this.#expected.push(...patterns);
  }

  /** What went wrong so far, and was not expected. */
  get problems(): readonly string[] {
    return this.#problems.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  #add(text: string): void {
    if (this.#problems.length < KEPT) this.#problems.push(text.slice(0, TEXT_LENGTH));
  }
}
