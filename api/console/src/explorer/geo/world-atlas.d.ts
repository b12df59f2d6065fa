/** Its type as TypeScript would infer it is a list of 100 kB of numbers. */
declare module 'world-atlas/countries-110m.json' {
  const atlas: import('./atlas.ts').Atlas;
  export default atlas;
}
