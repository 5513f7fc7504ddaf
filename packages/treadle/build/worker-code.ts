// The code of a worker thread as one text, so that it travels inside any bundle: piscina's own worker, whose only task is ours. The
// text needs no other file: for Node it is a script that calls `require` for modules of Node only.

import { rolldown } from 'rolldown';
import { type Edit, editing, providing } from './edits.ts';
import { conditionsOf, type Platform } from './seams.ts';
import { workspaceFile } from './workspace.ts';

/** Piscina loads a task by the path of its file, and a native package where it is told a priority. */
const edits: readonly Edit[] = [
  {
    file: 'piscina/dist/worker.js',
    from: /\/\/ Get `import\(x\)` as a function[\s\S]*?\n}\n(?=\/\/ We should only receive this message once)/,
    to: `const getHandler = () => require(${JSON.stringify(workspaceFile('packages/runtime/dist/host/worker-node.js'))});\n`,
  },
  { file: 'piscina/dist/worker.js', from: "require('@napi-rs/nice')", to: '{}' },
];

/** The code of a worker: for Node a CommonJS script, for browsers a classic script. A worker starts no workers, and needs no code of them. */
export async function workerCode(platform: Platform): Promise<string> {
  const isNode = platform === 'node';
  const build = await rolldown({
    input: isNode
      ? workspaceFile('packages/runtime/node_modules/piscina/dist/worker.js')
      : workspaceFile('packages/runtime/dist/host/worker-browser.js'),
    platform,
    resolve: { conditionNames: conditionsOf(platform) },
    plugins: [providing('#worker', 'export const worker = "";'), ...(isNode ? [editing(edits)] : [])],
  });
  const { output } = await build.generate({ format: isNode ? 'cjs' : 'iife', minify: true });
  return output[0].code;
}
