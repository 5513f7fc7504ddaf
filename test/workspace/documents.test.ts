// Documents point to what is there: every link to a file, every heading that is linked, and every path between back-ticks.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder, root } from './sources.ts';

const documents = filesUnder('.').filter((path) => path.endsWith('.md'));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The anchors of a document: its headings in lower case, without punctuation, spaces as hyphens. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'])('there is %s', (name) => {
  expect(documents).toContain(name);
});

test('every package has a README', () => {
  const packages = new Set(filesUnder('packages').map((path) => path.split('/').slice(0, 2).join('/')));
  expect([...packages].filter((folder) => !documents.includes(`${folder}/README.md`))).toEqual([]);
});

describe.each(documents)('%s', (path) => {
  test('links to files and headings that are there', () => {
    const links = [...text(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file ? normalize(join(dirname(path), file)) : path;
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(text(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names files that are there', () => {
    const named = [...text(path).matchAll(/`((?:packages|test|bench|examples|docs)\/[\w./-]+)`/g)].map(
      ([, file = '']) => file,
    );
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});
