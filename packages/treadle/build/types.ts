// The declarations of the public names, rolled up into one file from those that the compiler wrote for each module.

import { writeFile } from 'node:fs/promises';
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
  { file: 'tensor/dist/methods.d.ts', from: /declare module '.\/tensor.ts' {[^}]*}\s*}/, to: '' },
];

/** Compilers with old default libraries know `Symbol.dispose` by this line. */
const disposable = '/// <reference lib="esnext.disposable" />\n';

/** Writes the declarations to each of these files. */
export async function writeTypes(files: readonly string[]): Promise<void> {
  const build = await rolldown({
    input: workspaceFile('packages/treadle/dist/index.d.ts'),
    plugins: [editing(edits), dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false, sourcemap: false })],
  });
  const { output } = await build.generate({ format: 'esm' });
  const [types] = output.filter(({ fileName }) => fileName === 'index.d.ts');
  if (types?.type !== 'chunk') throw new Error('build: the declarations must be in one file, index.d.ts');
  for (const file of files) await writeFile(file, disposable + types.code);
}
