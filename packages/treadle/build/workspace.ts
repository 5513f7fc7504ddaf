// Where the build finds the files of the workspace.

import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** The path of a file of the workspace, which is named from its root. */
export function workspaceFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}
