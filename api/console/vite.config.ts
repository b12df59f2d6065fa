import optimizeLocales from '@react-aria/optimize-locales-plugin';
import { defineConfig } from 'vite';

/**
 * index.html names its assets below /console/, where a server behind a path prefix puts its own; what
 * the assets name is relative to them. Nothing is inlined, so that the page needs no exception from
 * its Content-Security-Policy.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  experimental: {
    renderBuiltUrl: (_filename, { hostType }) =>
      hostType === 'html' ? undefined : { relative: true },
  },
  plugins: [
    // Words that the components bring themselves, such as "clear"; ours are in English only.
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
  ],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2023',
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      // "use client" is for servers that render; there is none here.
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
