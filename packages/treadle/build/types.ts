// The declarations of the public names, rolled up into one file from those that the compiler wrote for each module.

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { type Edit, editing } from './edits.ts';
import { workspaceFile } from './workspace.ts';

/**
 * The methods of a tensor are declared beside their code, as an addition to the module of the class. In one file there are no modules
 * to add to: there, they are a second declaration of the name.
 */
const edits: readonly Edit[] = [
  {
    file: 'tensor/dist/tensor.d.ts',
    from: /^/,
    to: "import type * as functions from './functions/index.js';\nimport type { Methods } from './methods.js';\nexport interface Tensor extends Methods<typeof functions> {}\n",
  },
  { file: 'tensor/dist/methods.d.ts', from: 'type Methods<', to: 'export type Methods<' },
  // What a node holds is private, and takes a sixth of all declarations.
  {
    file: 'graph/dist/node.d.ts',
    from: /^export interface Node {[\s\S]*?^}/m,
    to: 'export interface Node { readonly shape: Shape; readonly dtype: Dtype; }',
  },
  { file: 'tensor/dist/methods.d.ts', from: /declare module '.\/tensor.ts' {[^}]*}\s*}/, to: '' },
];

/** Compilers with old default libraries know `Symbol.dispose` by this line. */
const disposable = '/// <reference lib="esnext.disposable" />\n';

/**
 * Types of the host that the declarations name. A project without the types of Node or of a browser does not have them: for it, they
 * are what it can make, which is nothing but the address of a URL.
 */
const hostTypes = `type URL = typeof globalThis extends { URL: { prototype: infer T } } ? T : { readonly href: string };
type Blob = typeof globalThis extends { Blob: { prototype: infer T } } ? T : never;
`;

/** Writes the declarations of the ES module, and those of the CommonJS module, which refer to them. */
export async function writeTypes(file: string, commonJsFile: string): Promise<void> {
  const build = await rolldown({
    input: workspaceFile('packages/treadle/dist/index.d.ts'),
    plugins: [editing(edits), dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false, sourcemap: false })],
  });
  const { output } = await build.generate({ format: 'esm' });
  const [types] = output.filter(({ fileName }) => fileName === 'index.d.ts');
  if (types?.type !== 'chunk') throw new Error('build: the declarations must be in one file, index.d.ts');
  await writeFile(file, disposable + hostTypes + types.code);
  await writeFile(commonJsFile, commonJsTypes(types.code, basename(file)));
}

/**
 * Declarations for `require`. They name those of the ES module, so that a tensor has one type in a program that does both. Types come
 * with `export type *`; a value, and a class, which is both, is named.
 */
function commonJsTypes(types: string, module: string): string {
  const [, list = ''] = /^export \{ (.*) \};$/m.exec(types) ?? [];
  const values = list
    .split(', ')
    .filter((name) => !name.startsWith('type '))
    .map((name) => name.replace(/.* as /, ''));
  const mode = "with { 'resolution-mode': 'import' }";
  const source = `'./${module.replace(/\.d\.ts$/, '.js')}' ${mode};`;
  const classOf = (name: string) =>
    new RegExp(`^declare class ${name}(?:<(\\w+)(.*?)>)? (?:extends|{)`, 'm').exec(types);
  return [
    `import type * as treadle from ${source}`,
    `export type * from ${source}`,
    ...values.map((name) => `export declare const ${name}: typeof treadle.${name};`),
    ...values.flatMap((name) => {
      const [isClass, parameter, rest] = classOf(name) ?? [];
      if (isClass === undefined) return [];
      return parameter === undefined
        ? [`export type ${name} = treadle.${name};`]
        : [`export type ${name}<${parameter}${rest}> = treadle.${name}<${parameter}>;`];
    }),
    '',
  ].join('\n');
}
