// The architecture as a test: who may import whom, and what no source may contain.

import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cycleIn, factsOf, filesUnder, read, readJson } from './sources.ts';

/** What each package may import besides Node itself: packages of this workspace, then packages of others. */
const table: Record<string, { readonly ours: readonly string[]; readonly others?: readonly string[] }> = {
  wasm: { ours: [] },
  runtime: { ours: [], others: ['piscina'] },
  kernels: { ours: ['wasm'] },
  graph: { ours: ['wasm', 'kernels'] },
  compiler: { ours: ['graph', 'kernels', 'wasm', 'runtime'] },
  tensor: { ours: ['graph', 'compiler', 'runtime'] },
  nn: { ours: ['tensor'] },
  losses: { ours: ['tensor'] },
  metrics: { ours: ['tensor'] },
  optim: { ours: ['tensor'] },
  data: { ours: ['tensor'] },
  train: { ours: ['nn', 'losses', 'metrics', 'optim', 'data', 'tensor'], others: ['cli-progress'] },
  treadle: {
    ours: [
      'wasm',
      'runtime',
      'kernels',
      'graph',
      'compiler',
      'tensor',
      'nn',
      'losses',
      'metrics',
      'optim',
      'data',
      'train',
    ],
  },
};

const defaultExports = ['packages/runtime/src/threads/worker.ts']; // piscina calls a worker's default export
/** Packages with cycles of imports of types alone; in all others these count as cycles too. */
const typeCycles = ['kernels', 'compiler', 'optim'];
const castingPackages = ['wasm', 'runtime'];
/** Casts elsewhere that nothing else can say, each with its reason. */
const casts: Record<string, readonly { readonly cast: string; readonly reason: string }[]> = {
  'packages/tensor/src/map-tensors.ts': [
    { cast: 'mapped as T', reason: 'a structure rebuilt, a tensor for each tensor, has the type it had' },
  ],
  'packages/tensor/src/transform/scan.ts': [
    { cast: 'y as Y', reason: 'the function of a step was called, so it has given its y' },
  ],
  'packages/tensor/src/transform/gradients.ts': [
    { cast: 'result as GradientsOf<A>', reason: 'the type follows from the number of arguments, known when it runs' },
  ],
};

const nameOf = (folder: string): string => (folder === 'treadle' ? folder : `@treadle/${folder}`);
const packages = Object.entries(table).map(([folder, { ours, others = [] }]) => ({
  folder,
  ours,
  others,
  sources: filesUnder(`packages/${folder}/src`)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, ...factsOf(read(path)) })),
}));
const sources = packages.flatMap((p) => p.sources);

test('the packages are those of the table', () => {
  const folders = new Set(filesUnder('packages').map((path) => path.split('/')[1]));
  expect([...folders].sort()).toEqual(Object.keys(table).sort());
});

test('the table has no cycle', () => {
  expect(cycleIn(new Map(packages.map(({ folder, ours }) => [folder, ours])))).toBeUndefined();
});

describe.each(packages)('$folder', ({ folder, ours, others, sources }) => {
  test('imports only what the table allows, other packages by their name', () => {
    const mayImport = (name: string): boolean =>
      /^(\.|node:)/.test(name) ||
      ours.map(nameOf).includes(name) ||
      others.some((other) => name === other || name.startsWith(`${other}/`));
    for (const { path, imports } of sources) {
      const wrong = imports.map(({ from }) => from).filter((from) => !mayImport(from));
      expect(wrong, path).toEqual([]);
    }
  });

  test('imports its own files by their path, inside the package', () => {
    const own = new Set(sources.map(({ path }) => path));
    for (const { path, imports } of sources) {
      const relatives = imports.map(({ from }) => from).filter((from) => from.startsWith('.'));
      const missing = relatives.filter((from) => !own.has(posix.join(posix.dirname(path), from)));
      expect(missing, path).toEqual([]);
    }
  });

  test('has no import cycle', () => {
    const countsTypes = !typeCycles.includes(folder);
    const edges = sources.map(({ path, imports }): [string, string[]] => [
      path,
      imports
        .filter(({ from, isType }) => from.startsWith('.') && (countsTypes || !isType))
        .map(({ from }) => posix.join(posix.dirname(path), from)),
    ]);
    expect(cycleIn(new Map(edges))).toBeUndefined();
  });

  test('package.json depends on what the table says', () => {
    const manifest = readJson(`packages/${folder}/package.json`);
    const dependencies: Record<string, string> = {};
    expect(manifest).toMatchObject({ name: nameOf(folder), type: 'module', engines: { node: '>=20' } });
    expect(manifest).toHaveProperty('exports', { '.': { types: './dist/index.d.ts', default: './dist/index.js' } });
    if (typeof manifest === 'object' && manifest && 'dependencies' in manifest)
      Object.assign(dependencies, manifest.dependencies);
    const optional = others.filter((name) => name in dependencies || name !== 'cli-progress');
    expect(Object.keys(dependencies).sort()).toEqual([...ours.map(nameOf), ...optional].sort());
    for (const name of ours) expect(dependencies[nameOf(name)], name).toBe('workspace:*');
    for (const name of optional) expect(dependencies[name], name).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('tsconfig.json refers to what the table says', () => {
    const references = ours.map((name) => ({ path: `../${name}` }));
    const config = readJson(`packages/${folder}/tsconfig.json`);
    expect(config).toHaveProperty('references', expect.arrayContaining(references));
    expect(config).toHaveProperty('references.length', references.length);
  });

  test('uses neither any nor casts', () => {
    for (const source of sources) {
      expect(source.anys, source.path).toBe(0);
      const known = (casts[source.path] ?? []).map(({ cast }) => cast);
      if (!castingPackages.includes(folder)) expect(source.casts, source.path).toEqual(known);
    }
  });
});

test('every excepted cast is there', () => {
  for (const path of Object.keys(casts)) expect(sources.map((source) => source.path)).toContain(path);
});

test('nothing but a worker has a default export', () => {
  const found = sources.filter(({ hasDefaultExport }) => hasDefaultExport).map(({ path }) => path);
  expect(defaultExports).toEqual(expect.arrayContaining(found));
});

test('no file is named after nothing in particular', () => {
  const vague = /(^|\/)(utils?|helpers?|misc|common)\.ts$/;
  expect([...filesUnder('packages'), ...filesUnder('test')].filter((path) => vague.test(path))).toEqual([]);
});

test('every source opens with a comment', () => {
  const ours = filesUnder('.').filter((path) => path.endsWith('.ts'));
  const bare = ours.filter((path) => !factsOf(read(path)).startsWithComment);
  expect(bare).toEqual([]);
});

describe('no file knows the machine it was written on', () => {
  const hosts = /\/\/[\w.-]*(registry|mirror|nexus|artifactory)[\w.-]*[.:]\w+/i;
  const paths = /(?<![\w.])\/(work|home|root|Users|tmp)\/\w+/;

  test('the patterns find what they are for', () => {
    expect(`https:/${'/registry'}.example.org/x`).toMatch(hosts);
    expect(`see ${'/home'}/me/x.ts`).toMatch(paths);
    expect('../root/x packages/work/y').not.toMatch(paths);
  });

  test('neither a registry nor an absolute path', () => {
    const named = filesUnder('.').flatMap((path) => {
      const text = read(path);
      const found = text.includes('\0') ? null : (hosts.exec(text) ?? paths.exec(text));
      return found ? [`${path}: ${found[0]}`] : [];
    });
    expect(named).toEqual([]);
  });
});

describe('how a source is read', () => {
  test('comments and strings are not code', () => {
    const { casts, anys, imports } = factsOf('// x as any\nconst text = \'import y from "z"; x as any\';');
    expect({ casts, anys, imports }).toEqual({ casts: [], anys: 0, imports: [] });
  });

  test('imports of every form are found', () => {
    const text = `import 'a'; import { b } from 'b'; import type { C } from 'c'; export * from 'd';
      export { e } from 'e'; export type { F } from 'f'; const g = await import('g'); type H = import('h').H;`;
    const isType = new Map(factsOf(text).imports.map((i) => [i.from, i.isType]));
    expect(isType).toEqual(
      new Map(Object.entries({ a: false, b: false, c: true, d: false, e: false, f: true, g: false, h: true })),
    );
  });

  test('casts, any and default exports are found', () => {
    const { casts, anys, hasDefaultExport } = factsOf(
      'let a = b as unknown as C; let d = [1] as const; let e: any; export { a as default };',
    );
    expect(casts).toEqual(['b as unknown as C', 'b as unknown']);
    expect(anys).toBe(1);
    expect(hasDefaultExport).toBe(true);
    expect(factsOf('export default 1;').hasDefaultExport).toBe(true);
  });

  test('a cycle is found and named', () => {
    expect(
      cycleIn(
        new Map([
          ['a', ['b']],
          ['b', ['c', 'd']],
          ['c', []],
          ['d', ['b']],
        ]),
      ),
    ).toEqual(['b', 'd', 'b']);
    expect(
      cycleIn(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toBeUndefined();
  });
});
