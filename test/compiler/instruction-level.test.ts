// The choice of an instruction level, each time in a new process: a process chooses once, and may set V8's flags. Changed flags show in
// the version tag of V8's code cache.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const features = new URL('../../packages/compiler/dist/code/instruction-level.js', import.meta.url);
const script = `
  import v8 from 'node:v8';
  import { chooseLevel } from ${JSON.stringify(features.href)};
  const before = v8.cachedDataVersionTag();
  const choice = chooseLevel();
  if (chooseLevel() !== choice) throw new Error('chosen twice');
  console.log(JSON.stringify({ ...choice, keepsFlags: v8.cachedDataVersionTag() === before }));
`;

interface Outcome {
  readonly level: { readonly bits: 128 | 256; readonly fma: boolean };
  readonly gflops: number;
  readonly setsFlags: boolean;
  readonly keepsFlags: boolean;
}

function child(environment: Record<string, string>) {
  const { TREADLE_SIMD: _simd, TREADLE_FMA: _fma, ...env } = process.env;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const options = { encoding: 'utf8', cwd, env: { ...env, ...environment } } as const;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
}

function choose(environment: Record<string, string>): Outcome {
  const { stdout, stderr } = child(environment);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('chooseLevel', () => {
  test('chooses a level that multiplies right, once, and prints nothing', () => {
    const { level, gflops, setsFlags, keepsFlags } = choose({});
    expect([128, 256]).toContain(level.bits);
    expect(gflops).toBeGreaterThan(0.1);
    expect(setsFlags).toBe(true);
    if (level.bits === 256) expect(keepsFlags).toBe(false);
  });

  test('TREADLE_SIMD=128 and 256 are obeyed', () => {
    expect(choose({ TREADLE_SIMD: '128' }).level.bits).toBe(128);
    expect(choose({ TREADLE_SIMD: '256' }).level.bits).toBe(256);
  });

  test('TREADLE_SIMD=off leaves the flags of the process as they are', () => {
    const { level, setsFlags, keepsFlags } = choose({ TREADLE_SIMD: 'off' });
    expect(level.bits).toBe(128);
    expect(setsFlags).toBe(false);
    expect(keepsFlags).toBe(true);
  });

  test('TREADLE_FMA=off rounds every product and every sum, whatever the width', () => {
    for (const simd of ['', '128', '256', 'off']) {
      expect(choose({ TREADLE_FMA: 'off', TREADLE_SIMD: simd }).level.fma).toBe(false);
    }
  });

  test('whether products round once does not depend on the width', () => {
    const fma = choose({}).level.fma;
    for (const simd of ['128', '256']) expect(choose({ TREADLE_SIMD: simd }).level.fma).toBe(fma);
  });

  test('other values are errors that say which values are allowed', () => {
    expect(child({ TREADLE_SIMD: '512' }).stderr).toContain(
      "RangeError: TREADLE_SIMD: must be 128, 256 or off; got '512'",
    );
    expect(child({ TREADLE_FMA: 'on' }).stderr).toContain("RangeError: TREADLE_FMA: must be off or unset; got 'on'");
  });
});
