// Test runners and loaders, which put module systems of their own around the package.

import type { Place } from '../place.ts';
import { asCommonJs, asModule, moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';

const typescript = '5.9.3';

const jest: Row = {
  name: 'jest',
  group: 'Test runners',
  host: 'Jest 30.5.2',
  what: 'CommonJS and ES modules; eight files in one process',
  threads: 'all',
  isQuick: true,
  tools: { jest: '30.5.2' },
  async run(place) {
    const test = `test('the probe', () => main(), 60000);\n`;
    place.write('probe.cjs', asCommonJs);
    place.write('probe.mjs', asModule);
    place.write('cjs/probe.test.cjs', `const { main } = require('../probe.cjs');\n${test}`);
    place.write('esm/probe.test.mjs', `import { main } from '../probe.mjs';\n${test}`);
    // Jest prints what many files log on stderr, and shortens it.
    const printing = `test('the probe', () => main((line) => process.stdout.write(line + '\\n')), 60000);\n`;
    for (let i = 0; i < 8; i++) {
      place.write(`many/${i}.test.cjs`, `const { main } = require('../probe.cjs');\n${printing}`);
    }
    const config = {
      transform: {},
      testEnvironment: 'node',
      testMatch: ['**/*.test.?js'],
      moduleFileExtensions: ['js', 'mjs', 'cjs', 'json'],
    };
    place.write('jest.config.json', JSON.stringify(config));
    const chatter =
      /^(PASS | {2}✓ the probe ||Test Suites: |Tests: |Snapshots: |Time: |Ran all test suites)|VM Modules is an experimental|node --trace-warnings/;
    const jest = (...args: string[]) => [
      'node_modules/jest/bin/jest.js',
      '--config=jest.config.json',
      '--no-cache',
      ...args,
    ];
    await place.probe('CommonJS', place.node, jest('cjs/'), { expected: { chatter } });
    await place.probe('ES modules', place.node, ['--experimental-vm-modules', ...jest('esm/')], {
      expected: { chatter },
    });
    await place.probe('many files', place.node, jest('--runInBand', 'many/'), { expected: { chatter, probes: 8 } });
    await checkEngines(place, jest('--runInBand', 'engines/'));
  },
};

const files = 24;
/** How many threads an engine of these files has, and how many more Node may start for itself. */
const [engineThreads, nodeThreads] = [3, 4];

/** Runs many files, each of which loads an engine of its own, in one process: most must have given their threads back. */
async function checkEngines(place: Place, jest: readonly string[]): Promise<void> {
  const test = `const { appendFileSync, existsSync, readdirSync } = require('node:fs');
    const { ones, setThreads } = require('treadle');
    test('has few threads', async () => {
      setThreads(${engineThreads});
      const a = ones([512, 512]);
      expect(a.matmul(a).sum().item()).toBe(512 ** 3);
      expect((await a.matmul(a).sum().read())[0]).toBe(512 ** 3);
      const tasks = '/proc/self/task';
      appendFileSync('threads', (existsSync(tasks) ? readdirSync(tasks).length : 0) + '\\n');
    }, 60000);`;
  for (let i = 0; i < files; i++) place.write(`engines/${i}.test.cjs`, test);
  await place.execute(place.node, jest);
  const [first = 0, ...others] = place.read('threads').trim().split('\n').map(Number);
  const most = Math.max(...others);
  if (others.length !== files - 1) throw new Error(`${files} files must have run; ${1 + others.length} did`);
  // Besides that of the file itself, the engines of the two files before may still have theirs.
  if (most > first + 3 * engineThreads + nodeThreads)
    throw new Error(`engines of files that are over must end their threads; there were ${first}, then ${most}`);
}

const vitest: Row = {
  name: 'vitest',
  group: 'Test runners',
  host: 'vitest 5.1.1',
  what: 'in threads, forks and VM contexts; external and inlined',
  threads: 'all',
  tools: { vitest: '5.1.1', vite: '8.3.8' },
  async run(place) {
    place.write('probe.mjs', asModule);
    place.write(
      'probe.test.mjs',
      `import { test } from 'vitest';\nimport { main } from './probe.mjs';\ntest('the probe', () => main(), 60000);\n`,
    );
    for (const [pool, inline] of [
      ['threads', '[]'],
      ['forks', '[]'],
      ['vmThreads', '[]'],
      ['forks', 'true'],
      ['threads', 'true'],
    ]) {
      place.write(
        'vitest.config.mjs',
        `export default { test: { pool: '${pool}', server: { deps: { inline: ${inline} } } } };\n`,
      );
      const name = `${pool}${inline === 'true' ? ', inlined' : ''}`;
      const chatter = /^stderr \|/;
      await place.probe(name, place.node, ['node_modules/vitest/vitest.mjs', 'run', '--no-cache'], {
        expected: { chatter },
      });
    }
  },
};

const tsx: Row = {
  name: 'tsx',
  group: 'Test runners',
  host: 'tsx 4.23.15',
  what: 'ES modules and CommonJS',
  threads: 'all',
  tools: { tsx: '4.23.15' },
  async run(place) {
    place.write('program.mts', moduleProgram);
    place.write('program.cts', moduleProgram);
    await place.probe('ES modules', place.node, ['node_modules/tsx/dist/cli.mjs', 'program.mts']);
    await place.probe('CommonJS', place.node, ['node_modules/tsx/dist/cli.mjs', 'program.cts']);
  },
};

const tsNode: Row = {
  name: 'ts-node',
  group: 'Test runners',
  host: `ts-node 10.9.2 with TypeScript ${typescript}`,
  what: 'CommonJS on Node 20, with checks of types',
  threads: 'all',
  node: '20.20.2',
  tools: { 'ts-node': '10.9.2', typescript, '@types/node': '20.19.43' },
  async run(place) {
    place.write('program.ts', moduleProgram);
    place.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { module: 'Node16', target: 'ES2022', types: ['node'], skipLibCheck: true } }),
    );
    await place.probe('CommonJS', place.node, ['node_modules/ts-node/dist/bin.js', 'program.ts']);
  },
};

const nodeTest: Row = {
  name: 'node-test',
  group: 'Test runners',
  host: '`node --test` of Node 26.10.0',
  what: 'ES modules and CommonJS',
  threads: 'all',
  async run(place) {
    place.write('probe.mjs', asModule);
    place.write('probe.cjs', asCommonJs);
    place.write(
      'esm.test.mjs',
      `import { test } from 'node:test';\nimport { main } from './probe.mjs';\ntest('the probe', () => main());\n`,
    );
    place.write(
      'cjs.test.cjs',
      `const { test } = require('node:test');\nconst { main } = require('./probe.cjs');\ntest('the probe', () => main());\n`,
    );
    await place.probe('two files', place.node, ['--test', '--test-reporter=tap'], { expected: { probes: 2 } });
  },
};

export const testRunnerRows: readonly Row[] = [jest, vitest, tsx, tsNode, nodeTest];
