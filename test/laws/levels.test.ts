// The law of levels: what is computed element by element, moved or reduced has the same bits at every instruction level and
// in every Node there is here; products have the same bits wherever they round once, and wherever they round twice.

import { expect, test } from 'vitest';
import { nodes, run } from '../treadle/programs.ts';

/** Prints a hash of the bits of each result, by name. */
const program = `
  import { createHash } from 'node:crypto';
  import * as t from 'treadle';
  const numbers = (shape, seed) => t.randomUniform(shape, { min: -3, max: 3, seed });
  const [a, b] = [numbers([259, 403], 1), numbers([259, 403], 2)];
  const [cube, long] = [numbers([7, 120, 130], 3), numbers([300001], 4)];
  const positive = b.abs().add(0.25);
  const rows = t.tensor(Int32Array.from({ length: 700 }, (_, i) => (i * 7919) % 259));
  const lane = {
    add: a.add(b), div: a.div(positive), mod: a.mod(positive), pow: positive.pow(a), where: t.where(a.greater(0), a, b),
    chain: a.mul(b).add(a).sub(b).mul(0.3).add(1), relu: a.relu(), clip: a.clip(-1, 1), cast: a.cast('int32'),
    exp: a.exp(), expm1: a.expm1(), log: positive.log(), log1p: positive.log1p(), sqrt: positive.sqrt(), rsqrt: positive.rsqrt(),
    tanh: a.tanh(), sigmoid: a.sigmoid(), softplus: a.softplus(), erf: a.erf(), sin: a.mul(5000).sin(), cos: a.cos(), tan: a.tan(),
    uniform: t.randomUniform([300, 401], { seed: 5 }), normal: t.randomNormal([300, 401], { seed: 5 }),
  };
  const move = {
    transpose: a.transpose(), turned: cube.transpose([2, 0, 1]), computed: a.transpose().exp().add(1), flip: a.flip(),
    concat: t.concat([a, b], 1), pad: a.pad([[1, 2], [3, 4]]), gather: a.gather(rows), picked: a.gather(rows, 1),
  };
  const reduce = {
    sum: long.sum(), sums: a.sum(0), rows: a.sum(1), inner: cube.sum(1), mean: cube.mean([0, 2]), variance: a.variance(1),
    max: a.max(0), softmax: a.softmax(), logSumExp: a.logSumExp(0), argmax: a.argmax(1),
  };
  const product = { matmul: t.matmul(a, b, { transposeB: true }), column: a.matmul(numbers([403, 1], 6)), batch: t.matmul(cube, cube, { transposeB: true }) };
  const hashes = (results) => Object.fromEntries(Object.entries(results).map(([name, x]) => {
    const { buffer, byteOffset, byteLength } = x.data();
    return [name, createHash('sha1').update(new Uint8Array(buffer, byteOffset, byteLength)).digest('hex')];
  }));
  console.log(JSON.stringify({ same: hashes({ ...lane, ...move, ...reduce }), product: hashes(product) }));
`;

interface Hashes {
  readonly same: Readonly<Record<string, string>>;
  readonly product: Readonly<Record<string, string>>;
}

/** By level: the settings that ask for it. */
const levels = {
  '128 bits': { TREADLE_SIMD: '128', TREADLE_FMA: 'off' },
  '256 bits': { TREADLE_SIMD: '256', TREADLE_FMA: 'off' },
  '128 bits, FMA': { TREADLE_SIMD: '128' },
  '256 bits, FMA': { TREADLE_SIMD: '256' },
} as const;
type LevelName = keyof typeof levels;

test('all instruction levels of all Nodes give the same bits', { timeout: 60_000 }, async () => {
  const found: { readonly level: LevelName; readonly hashes: Hashes }[] = [];
  for (const node of nodes.values()) {
    for (const level of Object.keys(levels) as LevelName[]) {
      const settings = `Object.assign(process.env, ${JSON.stringify(levels[level])});`; // read when first needed
      const ending = await run(node, ['--input-type=module', '--eval', settings + program]);
      expect(ending.code, ending.stderr).toBe(0);
      found.push({ level, hashes: JSON.parse(ending.stdout) });
    }
  }
  for (const { level, hashes } of found) {
    expect(hashes.same, level).toEqual(found[0]!.hashes.same);
    const alike = found.find((other) => other.level.endsWith('FMA') === level.endsWith('FMA'));
    expect(hashes.product, level).toEqual(alike!.hashes.product);
  }
});
