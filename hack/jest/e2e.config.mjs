import { common } from './common.mjs';

/** A real federation: hub, members, KWOK nodes, KubeRay. Each file starts what it needs. */
export default {
  ...common,
  displayName: 'e2e',
  testMatch: ['<rootDir>/**/*.e2e.test.ts'],
};
