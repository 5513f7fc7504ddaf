// The code of a worker thread as one text, so that it travels inside any bundle. For Node it is piscina's own worker, whose only task is
// ours. The text needs no other file: it is a script, which for Node calls `require` for modules of Node only.

import { type Plugin, rolldown } from 'rolldown';
import { type Edit, editing } from './edits.ts';
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

/** The code of a worker for Node.js: a CommonJS script. */
export async function nodeWorkerCode(): Promise<string> {
  const build = await rolldown({
    input: workspaceFile('packages/runtime/node_modules/piscina/dist/worker.js'),
    platform: 'node',
    plugins: [editing(edits), startsNoWorkers],
  });
  const { output } = await build.generate({ format: 'cjs', minify: true });
  return output[0].code;
}

/** The code of a worker for browsers: a classic script. */
export async function browserWorkerCode(): Promise<string> {
  const build = await rolldown({
    input: workspaceFile('packages/runtime/dist/host/worker-browser.js'),
    platform: 'browser',
    plugins: [startsNoWorkers],
  });
  const { output } = await build.generate({ format: 'iife', minify: true });
  return output[0].code;
}

const startsNoWorkers: Plugin = {
  name: 'a worker starts no workers',
  resolveId: (id) => (id === '#worker' ? id : null),
  load: (id) => (id === '#worker' ? 'export const worker = "";' : null),
};
