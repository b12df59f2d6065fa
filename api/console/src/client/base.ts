/**
 * Where the console is served, such as `/console/` or `/prefix/console/`. Bundled code lies in
 * `assets/` below it, whatever is before that.
 */
export const consoleBase: string = new URL(/* @vite-ignore */ '..', import.meta.url).pathname;

/** Where the API is, such as `/v1`. */
export const apiBase: string = new URL('../v1', new URL(consoleBase, location.origin)).pathname;
