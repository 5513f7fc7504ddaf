// The licences of the packages of others whose code is in a bundle: they ask for their text to go with every copy.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of all licences, for bundled modules with these paths. Throws an Error for a package without one. */
export function licencesOf(modules: readonly string[]): string {
  const folders = modules.flatMap((path) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0] ?? []);
  const texts = [...new Set(folders)].map((folder): [string, string] => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`build: ${name} must have a licence, because its code is bundled`);
    return [`${name} ${version}`, readFileSync(join(folder, file), 'utf8').trim()];
  });
  return texts
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, text]) => `${title}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
