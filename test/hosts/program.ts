// The probe in the forms that hosts want: as an ES module, as CommonJS, as TypeScript, started at once or called by a test.

import { readFileSync } from 'node:fs';

const source = readFileSync(new URL('probe.mjs', import.meta.url), 'utf8');

/** The probe as an ES module that exports `probe` and `main`. */
export const asModule: string = source;

/** The probe as a CommonJS module that exports the same. */
export const asCommonJs: string = `${source
  .replace(/^import (\{[^}]*\}) from 'treadle';$/m, "const $1 = require('treadle');")
  .replaceAll('export async function', 'async function')}
module.exports = { probe, main };
`;

/** The ES module as a program, which runs at once. */
export const moduleProgram: string = `${source}
main();
`;

/** The CommonJS module as a program, which runs at once. */
export const commonJsProgram: string = `${asCommonJs}
main();
`;
