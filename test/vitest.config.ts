// How the tests run: on the built packages, which they import by name, in a process for each file, because the engine
// sets V8 flags and owns a team of threads for its process.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^@treadle\/(\w+)$/, replacement: `${root}packages/$1/dist/index.js` }] },
  test: {
    root,
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
});
