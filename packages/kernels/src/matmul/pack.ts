// Copies a strided panel so that the micro-kernel finds it together: to[k][lane] = from[k · step + lane · across].
// A lane is a row of A or a column of B. Lanes of padding repeat the last lane or hold its neighbour in memory: they take
// part in arithmetic whose results are never stored.

import { type Expr, type Func, type FunctionBuilder, i8x16, type ModuleBuilder, v128 } from '@treadle/wasm';
import { highFirst, storeLanes } from './store-lanes.ts';

/** Distances are in bytes, of either sign. */
export interface PackSpec {
  readonly lanes: number;
  /** from a lane to the next */
  readonly across: number;
  /** from one k to the next */
  readonly step: number;
  /** from one k to the next in the packed panel, at least 4 · lanes */
  readonly toStep: number;
}

/** (from, to, k): byte addresses; k ≥ 0. */
export type Pack = Func<['i32', 'i32', 'i32'], 'void'>;

export function packPanel(module: ModuleBuilder, spec: PackSpec): Pack {
  const key = `matmul pack ${JSON.stringify(spec)}`;
  return module.once(key, () =>
    module.func(
      key,
      ['i32', 'i32', 'i32'],
      'void',
      (f, from, to, k) => {
        const { across, step, toStep, lanes } = spec;
        // `from` moves to the lane at the lowest address, because offsets of loads are not negative.
        const lowest = Math.min(0, (lanes - 1) * across);
        if (lowest < 0) f.increment(from, lowest);
        const done = f.local('i32', 0);
        const advance = (steps: number) => {
          f.increment(from, steps * step);
          f.increment(to, steps * toStep);
        };
        const place = (lane: number) => Math.min(lane, lanes - 1) * across - lowest;
        if (step === 4 && across !== 4) {
          f.forSteps(done, k, 4, () => {
            for (let lane = 0; lane < lanes; lane += 4) transpose(f, spec, from, to, lane, place);
            advance(4);
          });
        }
        f.forSteps(done, k, 1, () => {
          const vectors = Array.from({ length: Math.ceil(lanes / 4) }, (_, j) =>
            f.let(across === 4 ? v128.load('f32x4', from, 16 * j) : gather(from, 4 * j, place)),
          );
          for (const j of highFirst(vectors.length)) {
            storeLanes(f, to, 16 * j, vectors[j]!, storedLanes(spec, 4 * j));
          }
          advance(1);
        });
      },
      { exported: false },
    ),
  );
}

/** The lanes of a group of four that may be stored: with the padding, where the panel has room for it. */
function storedLanes({ lanes, toStep }: PackSpec, lane: number): number {
  return 4 * (lane + 4) <= toStep ? 4 : lanes - lane;
}

/** Four lanes at one k, one load each. */
function gather(from: Expr<'i32'>, lane: number, place: (lane: number) => number): Expr<'f32x4'> {
  const first = v128.load32_splat('f32x4', from, place(lane));
  return [1, 2, 3].reduce((vector, l) => v128.load32_lane(l, from, vector, place(lane + l)), first);
}

const bytesOf = (words: readonly number[]): number[] => words.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);
const evenPairs = bytesOf([0, 4, 1, 5]);
const oddPairs = bytesOf([2, 6, 3, 7]);
const lowHalves = bytesOf([0, 1, 4, 5]);
const highHalves = bytesOf([2, 3, 6, 7]);

/** Four lanes at four k: a 4 × 4 transposition in registers. */
function transpose(
  f: FunctionBuilder,
  spec: PackSpec,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  lane: number,
  place: (lane: number) => number,
): void {
  const [r0, r1, r2, r3] = [0, 1, 2, 3].map((l) => f.let(v128.load('f32x4', from, place(lane + l))));
  const interleave = (a = r0!, b = r1!) => [i8x16.shuffle(evenPairs, a, b), i8x16.shuffle(oddPairs, a, b)];
  const [a01, b01] = interleave(r0, r1).map((v) => f.let(v));
  const [a23, b23] = interleave(r2, r3).map((v) => f.let(v));
  const steps = [
    i8x16.shuffle(lowHalves, a01!, a23!),
    i8x16.shuffle(highHalves, a01!, a23!),
    i8x16.shuffle(lowHalves, b01!, b23!),
    i8x16.shuffle(highHalves, b01!, b23!),
  ];
  steps.forEach((vector, u) => {
    storeLanes(f, to, u * spec.toStep + 4 * lane, f.let(vector), storedLanes(spec, lane));
  });
}
