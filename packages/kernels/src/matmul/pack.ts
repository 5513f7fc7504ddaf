// Copies a strided panel to where the micro-kernel reads it in order: to[k][lane] = from[k · stride + lane · across].
// A lane is a row of A or a column of B. Lanes of padding repeat the last lane or hold its neighbour in memory: they take
// part in arithmetic whose results are never stored.

import {
  type Address,
  type AddressType,
  addressType,
  type Expr,
  type Func,
  type FunctionBuilder,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import { highFirst, storeLanes } from '../core/store-lanes.ts';
import { transpose4x4 } from '../elementwise/transpose-4x4.ts';

/** Distances are in bytes, of either sign. */
export interface PackSpec {
  readonly lanes: number;
  /** from a lane to the next */
  readonly across: number;
  /** from one k to the next */
  readonly stride: number;
  /** from one k to the next in the packed panel, at least 4 · lanes */
  readonly toStride: number;
}

/** (from, to, k): k ≥ 0. */
export type Pack = Func<[AddressType, AddressType, 'i32'], 'void'>;

/** The function that packs a panel; a module emits it once for each spec. */
export function packPanel(module: ModuleBuilder, spec: PackSpec): Pack {
  const key = `matmul pack ${JSON.stringify(spec)}`;
  return module.once(key, () =>
    module.func(
      key,
      [addressType, addressType, 'i32'],
      'void',
      (f, from, to, k) => {
        const { across, stride, toStride, lanes } = spec;
        // `from` moves to the lane at the lowest address, because offsets of loads are not negative.
        const lowest = Math.min(0, (lanes - 1) * across);
        if (lowest < 0) f.increment(from, lowest);
        const done = f.local('i32', 0);
        const advance = (steps: number) => {
          f.increment(from, steps * stride);
          f.increment(to, steps * toStride);
        };
        const distance = (lane: number) => Math.min(lane, lanes - 1) * across - lowest;
        if (stride === 4 && across !== 4) {
          f.forSteps(done, k, 4, () => {
            for (let lane = 0; lane < lanes; lane += 4) transpose(f, spec, from, to, lane, distance);
            advance(4);
          });
        }
        f.forSteps(done, k, 1, () => {
          const vectors = Array.from({ length: Math.ceil(lanes / 4) }, (_, j) =>
            f.let(across === 4 ? v128.load('f32x4', from, 16 * j) : gather(from, 4 * j, distance)),
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
function storedLanes({ lanes, toStride }: PackSpec, lane: number): number {
  return 4 * (lane + 4) <= toStride ? 4 : lanes - lane;
}

/** Four lanes at one k, one load each; `distance`: from `from` to a lane, in bytes. */
export function gather(from: Address, lane: number, distance: (lane: number) => number): Expr<'f32x4'> {
  const first = v128.load32_splat('f32x4', from, distance(lane));
  return [1, 2, 3].reduce((vector, l) => v128.load32_lane(l, from, vector, distance(lane + l)), first);
}

/** Four lanes at four k: a 4 × 4 transposition in registers. */
function transpose(
  f: FunctionBuilder,
  spec: PackSpec,
  from: Address,
  to: Address,
  lane: number,
  distance: (lane: number) => number,
): void {
  const lanes = [0, 1, 2, 3].map((l) => f.let(v128.load('f32x4', from, distance(lane + l))));
  transpose4x4(f, lanes).forEach((vector, u) => {
    storeLanes(f, to, u * spec.toStride + 4 * lane, vector, storedLanes(spec, lane));
  });
}
