// The library for browsers, bundled as it is published, and the laws for browsers, in folders that pages load them from.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleLibrary } from '../../packages/treadle/build/bundle.ts';
import { buildLaws } from '../portable/build.ts';
import { root } from '../workspace/sources.ts';

/** The folders, by the path under which pages find them. */
export const folders = {
  '/treadle': join(root, 'out/browser/treadle'),
  '/laws': join(root, 'out/browser/laws'),
  '/pages': join(root, 'test/browser/pages'),
} as const;

/** Writes the library. */
export async function writeLibrary(): Promise<void> {
  await mkdir(folders['/treadle'], { recursive: true });
  await bundleLibrary(folders['/treadle'], ['browser']);
}

/** Writes the laws. Returns the paths of their files. */
export async function writeLaws(): Promise<readonly string[]> {
  const files = await buildLaws({ folder: folders['/laws'], platform: 'browser' });
  if (!existsSync(join(folders['/laws'], 'laws.js'))) throw new Error('the bundle of the laws has an entry');
  return files;
}
