import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Every file runs in a process of its own: the engine sets V8 flags and owns a team of threads for its process.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
});
