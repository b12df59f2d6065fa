import { common } from './common.mjs';

/** One real API server, started once and shared by all files; each file keeps to its namespaces. */
export default {
  ...common,
  displayName: 'integration',
  testMatch: ['<rootDir>/**/*.integration.test.ts'],
  globalSetup: '<rootDir>/operator/testing/api-server/global-setup.ts',
  globalTeardown: '<rootDir>/operator/testing/api-server/global-teardown.ts',
};
