import { common } from './common.mjs';

/** Pure code and code on injected ports: no process is started, nothing listens. */
export default {
  ...common,
  displayName: 'unit',
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.integration\\.test\\.ts$', '\\.e2e\\.test\\.ts$'],
};
