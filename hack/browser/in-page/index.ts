/** What tests and benches ask of a page, from inside of it: `globalThis.__look`. */
export { violations } from './accessibility.ts';
export { overflows } from './overflow.ts';
export { leave, settled } from './settled.ts';
export { observe, vitals } from './vitals.ts';
