// What depends on the host: the modules that packages of the workspace name with # in their package.json, where conditions choose.

import { readdirSync, readFileSync } from 'node:fs';
import { workspaceFile } from './workspace.ts';

/** Where a bundle runs. */
export type Platform = 'node' | 'browser';

/** A module that the host chooses. */
export interface Seam {
  /** unique in the workspace, such as runtime#host */
  readonly id: string;
  /** the name inside its package, such as #host */
  readonly name: string;
  /** a file of its package, from which the name is understood */
  readonly from: string;
}

/** All seams of the workspace but the worker, which only hosts know. */
export const seams: readonly Seam[] = readdirSync(workspaceFile('packages')).flatMap((folder) => {
  const { imports = {} } = JSON.parse(readFileSync(workspaceFile(`packages/${folder}/package.json`), 'utf8'));
  return Object.keys(imports)
    .filter((name) => name !== '#worker')
    .map((name) => ({ id: folder + name, name, from: workspaceFile(`packages/${folder}/dist/index.js`) }));
});

/** The conditions under which names are understood on a platform. */
export function conditionsOf(platform: Platform): string[] {
  return [platform, 'import'];
}
