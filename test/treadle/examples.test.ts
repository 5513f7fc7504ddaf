// The examples run as they stand, and say what they should.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from './programs.ts';

const said: Readonly<Record<string, (stdout: string) => void>> = {
  'xor.ts': (stdout) => expect(stdout).toContain('accuracy: 1'),
  'gradient-descent.ts': (stdout) => {
    const [written, compiled] = stdout.split('\n').map((line) => line.replace(/^.*: |, \d+ ms$/g, ''));
    expect(written).toMatch(/^y = [23]\.\d+ x \+ [12]\.\d+, loss 0\.01/);
    expect(compiled).toBe(written);
  },
};

test.for(readdirSync(join(root, 'examples')))('%s', async (file) => {
  const { code, stdout, stderr } = await run(process.execPath, [join('examples', file)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  said[file]?.(stdout);
  expect(said).toHaveProperty([file]);
});
