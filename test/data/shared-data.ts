// Where the larger data sets for tests lie, beside the repository. A test that needs one skips where it is absent.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

/** The path of a file or folder of ../shared/data; where there is none, the test is skipped and says so. */
export function sharedData(name: string, { skip }: TestContext): string {
  const path = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
  if (!existsSync(path)) skip(`${name} is not in ../shared/data`);
  return path;
}
