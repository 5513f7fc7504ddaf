// The reference of the interface: every export is documented, every function that users call has an example, and the examples
// are programs that compile and give what they say.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, run } from '../treadle/programs.ts';
import { expectValue, withChecks } from './examples.ts';
import { readReference } from './reference.ts';

const entries = await readReference();
/** Files are numbered, because some names differ only in the case of letters. */
const examples = entries
  .flatMap(({ name, examples }) => examples.map((code) => ({ name, code })))
  .map((example, i) => ({ ...example, file: `example-${i}` }));

test('everything that is exported is documented, down to the members of classes and options', () => {
  expect(entries.length).toBeGreaterThan(1000);
  expect(entries.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
});

test('every function that users call has an example', () => {
  const bare = entries.filter(({ kind, examples }) => kind === 'Function' && examples.length === 0);
  expect(bare.map(({ name }) => name)).toEqual([]);
});

describe('the examples', () => {
  const folder = join(root, 'out', `examples-${process.pid}`);
  const pathOf = (file: string): string => join(folder, `${file}.ts`);
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    for (const { file, code } of examples) {
      writeFileSync(
        pathOf(file),
        `import { expectValue } from '../../test/docs/examples.ts';\n${withChecks(code)}\nexport {};\n`,
      );
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: {
          composite: false,
          noEmit: true,
          noUnusedLocals: false,
          isolatedDeclarations: false,
          declaration: false,
          declarationMap: false,
        },
        include: ['*.ts'],
        references: [],
      }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('import treadle, and else only Node', () => {
    for (const { name, code } of examples) {
      const imported = [...code.matchAll(/from '(.*)'/g)].map(([, from]) => from);
      expect(imported, name).toContain('treadle');
      expect(
        imported.filter((from) => from !== 'treadle' && !from?.startsWith('node:')),
        name,
      ).toEqual([]);
    }
  });

  test('compile', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    expect(stdout).toBe('');
  });

  test.each(examples)('$name gives what it says', async ({ file }) => {
    await import(pathToFileURL(pathOf(file)).href);
  });
});

describe('the statements of an example', () => {
  test('are checked', () => {
    expect(withChecks('f(1); // → [2]')).toBe('expectValue(f(1), "[2]");');
    expect(withChecks('const y = f(1); // → 2')).toBe('const y = f(1); expectValue(y, "2");');
    expect(withChecks('f(1); // two')).toBe('f(1); // two');
  });

  test('hold to 5 digits and no further', () => {
    expectValue([0.1 + 0.2, new Float32Array([1, 2])], '[0.3, [1, 2]]');
    expect(() => expectValue(1.0001, '1')).toThrow('the example says 1; got 1.0001');
  });
});
