// The larger data sets for tests are in a folder beside the repository. A test that needs one is skipped where it is absent.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

/** The path of a file or folder in ../shared/data. Skips the test, with a reason, if it does not exist. */
export function sharedData(name: string, { skip }: TestContext): string {
  const path = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
  if (!existsSync(path)) skip(`${name} is not in ../shared/data`);
  return path;
}
