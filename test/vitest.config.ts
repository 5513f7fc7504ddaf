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
    exclude: ['test/browser/**'], // npm run test:browser
    pool: 'forks',
    maxWorkers: 2,
    // No law is about time: these only end what hangs, also on a machine that is busy with other work.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
});
