// Browsers have no files that a path leads to. `host.ts` says what to use instead.

import type { FileSystem } from './file-system.ts';

export const hostFiles: FileSystem | undefined = undefined;
