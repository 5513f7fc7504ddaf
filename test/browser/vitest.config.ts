// npm run test:browser: tests in the browsers that are installed, one file after the other.

import { defineConfig } from 'vitest/config';
import shared from '../vitest.config.ts';

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['test/browser/*.test.ts'],
    exclude: [],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
