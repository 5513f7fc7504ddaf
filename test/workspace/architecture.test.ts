// The architecture as a test: who may import whom, and what no source may contain.

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cycleIn, factsOf, filesUnder, type Import, read, readJson } from './sources.ts';

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
  metrics: { ours: ['losses', 'tensor'] },
  optim: { ours: ['tensor'] },
  data: { ours: ['tensor'] },
  formats: { ours: ['tensor'], others: ['fflate'] },
  train: { ours: ['nn', 'losses', 'metrics', 'optim', 'data', 'formats', 'tensor'], others: ['cli-progress'] },
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
      'formats',
      'train',
    ],
  },
};

const defaultExports = ['packages/runtime/src/host/worker-node.ts']; // piscina calls a worker's default export
/**
 * The files that know Node, and the modules of Node that each imports: one file for the engine with the entry of its workers, and
 * one for each package that asks more of Node.
 */
const nodeFiles: Readonly<Record<string, readonly string[]>> = {
  'packages/data/src/files/node-files.ts': ['node:buffer', 'node:fs', 'node:fs/promises', 'node:path', 'node:zlib'],
  'packages/formats/src/files/node-files.ts': ['node:fs/promises', 'node:os', 'node:path', 'node:process', 'node:url'],
  'packages/runtime/src/host/host-node.ts': [
    'node:fs',
    'node:module',
    'node:os',
    'node:process',
    'node:timers',
    'node:v8',
    'node:worker_threads',
  ],
  'packages/runtime/src/host/worker-node.ts': ['node:worker_threads'],
  'packages/train/src/callbacks/node-terminal.ts': ['node:module', 'node:process'],
  'packages/treadle/src/node-command.ts': ['node:path', 'node:process', 'node:url', 'node:util'],
};
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

/** The sources that an import may mean: by its path, by the path of what is built from it, by its package, or by a name with #. */
function filesOf(path: string, from: string): readonly string[] {
  const [, folder] = /^@treadle\/(\w+)$/.exec(from) ?? [];
  if (folder) return [`packages/${folder}/src/index.ts`];
  const named = from.startsWith('#') ? namedSources(path.split('/')[1] ?? '').get(from) : undefined;
  const built = (at: string): string => at.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
  return named ?? [posix.join(posix.dirname(path), built(from))];
}

/** The sources that a package calls by names which begin with #, because the host decides which of them is meant. */
function namedSources(folder: string): ReadonlyMap<string, readonly string[]> {
  const manifest = readJson(`packages/${folder}/package.json`);
  const hasImports = typeof manifest === 'object' && manifest !== null && 'imports' in manifest;
  const named = Object.entries(hasImports ? Object(manifest.imports) : {});
  const sourceOf = (built: string): string => built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts');
  const targetsOf = (built: unknown): readonly unknown[] =>
    typeof built === 'object' && built !== null ? Object.values(built) : [built];
  return new Map(
    named.map(([name, built]) => [
      name,
      targetsOf(built).map((target) => posix.join('packages', folder, sourceOf(String(target)))),
    ]),
  );
}

/** The sources of its own package that a source imports. */
function ownImports(
  folder: string,
  { path, imports }: Pick<(typeof sources)[number], 'path' | 'imports'>,
): readonly Pick<Import, 'from' | 'isType'>[] {
  const named = namedSources(folder);
  return imports
    .filter(({ from }) => /^[.#]/.test(from))
    .flatMap(({ from, isType }) =>
      (named.get(from) ?? [posix.join(posix.dirname(path), from)]).map((target) => ({ from: target, isType })),
    );
}

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
      /^([.#]|node:)/.test(name) ||
      ours.map(nameOf).includes(name) ||
      others.some((other) => name === other || name.startsWith(`${other}/`));
    for (const { path, imports } of sources) {
      const wrong = imports.map(({ from }) => from).filter((from) => !mayImport(from));
      expect(wrong, path).toEqual([]);
    }
  });

  test('imports its own files by their path, inside the package', () => {
    const own = new Set(sources.map(({ path }) => path));
    for (const source of sources) {
      const missing = ownImports(folder, source).filter(({ from }) => !own.has(from));
      expect(missing, source.path).toEqual([]);
    }
  });

  test('has no import cycle, of types neither', () => {
    const edges = sources.map((source): [string, string[]] => [
      source.path,
      ownImports(folder, source).map(({ from }) => from),
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

test('every value that a file exports is used by another file', () => {
  const others = ['test', 'bench', 'examples'].flatMap(filesUnder).filter((path) => path.endsWith('.ts'));
  const files = [...sources, ...others.map((path) => ({ path, ...factsOf(read(path)) }))];
  const used = new Set<string>();
  for (const { path, imports } of files) {
    for (const { from, names } of imports) {
      for (const target of filesOf(path, from)) {
        for (const name of names === 'all' ? ['*'] : names) used.add(`${target}: ${name}`);
      }
    }
  }
  // Piscina finds a worker's task by its default export, also under the name that CommonJS has for it.
  const unused = sources.flatMap(({ path, exports }) =>
    used.has(`${path}: *`) || path.startsWith('packages/treadle/')
      ? []
      : exports
          .filter((name) => !(defaultExports.includes(path) || used.has(`${path}: ${name}`)))
          .map((name) => `${path}: ${name}`),
  );
  expect(unused).toEqual([]);
});

test('these files, and no others, import these modules of Node or name its globals', () => {
  const found = sources.flatMap(({ path, imports, nodeGlobals }): readonly [string, readonly string[]][] => {
    const builtins = imports.map(({ from }) => from).filter((from) => isBuiltin(from));
    return builtins.length + nodeGlobals.length > 0 ? [[path, [...new Set(builtins)].sort()]] : [];
  });
  expect(Object.fromEntries(found)).toEqual(nodeFiles);
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

  test('globals of Node are found where they are values or types, not where they are properties or imported', () => {
    const globals = (text: string) => factsOf(text).nodeGlobals;
    expect(globals('const f = () => process.env; let b: Buffer; let s: NodeJS.Timeout; setImmediate(f);')).toEqual(
      expect.arrayContaining(['process', 'Buffer', 'NodeJS', 'setImmediate']),
    );
    expect(globals('x[process]; ({ a: Buffer, require });')).toEqual(['process', 'Buffer', 'require']);
    expect(globals('x.process; ({ Buffer: 1 }); let c: { process: 1 }; "process"; // process')).toEqual([]);
    expect(globals("import { Buffer } from './files.ts'; Buffer.alloc(1);")).toEqual([]);
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
