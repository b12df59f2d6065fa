import type { BuildOptions } from 'esbuild';

/** How programs for Node are bundled: one file that starts by itself, whatever format its parts have. */
export const programOptions: BuildOptions = {
  ...({ bundle: true, platform: 'node', target: 'node24', format: 'esm' } as const),
  ...({ minify: true, keepNames: true, legalComments: 'linked', logLevel: 'warning' } as const),
  banner: {
    js: [
      '#!/usr/bin/env node',
      "import{createRequire as _createRequire}from'node:module';",
      'const require=_createRequire(import.meta.url);',
    ].join('\n'),
  },
};
