// npm run release -- <version>: writes a version into every package of the workspace and closes the changelog's section of what is
// unreleased. It commits and publishes nothing: a tag on the commit does, by .github/workflows/publish.yml.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { workspaceFile } from './workspace.ts';

const [version = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
  throw new Error(`release: the version must have three numbers, such as 1.2.3; got ${version || 'none'}`);
}

const changelog = workspaceFile('CHANGELOG.md');
const text = readFileSync(changelog, 'utf8');
if (!text.includes('\n## Unreleased\n')) throw new Error('release: CHANGELOG.md must have a section "Unreleased"');
if (text.includes(`\n## ${version}`)) throw new Error(`release: the version must be new; CHANGELOG.md has ${version}`);
const today = new Date().toISOString().slice(0, 10);
writeFileSync(changelog, text.replace('\n## Unreleased\n', `\n## Unreleased\n\n## ${version} (${today})\n`));

for (const folder of readdirSync(workspaceFile('packages'))) {
  const path = workspaceFile(`packages/${folder}/package.json`);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/("version": )"[^"]*"/, `$1"${version}"`));
}

process.stdout.write(`Now: git commit -am "Release ${version}" && git tag v${version} && git push --follow-tags\n`);
