// cast: from one dtype to another. A bool is a mask in memory, so as a number it is mask ∧ 1. Every cast leaves or enters
// whole numbers, so no gradient passes.

import { f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { DtypeError } from '../../calls/errors.ts';
import { show } from '../../calls/show.ts';
import type { Dtype } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { LaneOp, Node } from '../../node.ts';

const lanes: Record<Dtype, Record<Dtype, LaneOp['lane'] | undefined>> = {
  float32: {
    float32: undefined,
    // towards zero; beyond the range of int32 the nearest end of it, NaN gives 0
    int32: (_, x) => i32x4.trunc_sat_f32x4_s(x.float(0)),
    bool: (_, x) => f32x4.ne(x.float(0), 0),
  },
  int32: {
    float32: (_, x) => f32x4.convert_i32x4_s(x.int(0)),
    int32: undefined,
    bool: (_, x) => i32x4.ne(x.int(0), 0),
  },
  bool: {
    float32: (_, x) => v128.and(x.float(0), reinterpret('f32x4', f32x4.const(1))),
    int32: (_, x) => v128.and(x.int(0), i32x4.const(1)),
    bool: undefined,
  },
};

/** The same values in another dtype: float32 → int32 rounds towards zero and saturates; ≠ 0 is true. */
export function cast(x: Node, dtype: Dtype): Node {
  if (dtype === x.dtype) return x;
  const lane = typeof dtype === 'string' && Object.hasOwn(lanes, dtype) ? lanes[x.dtype][dtype] : undefined;
  if (!lane) throw new DtypeError(`cast: dtype must be float32, int32 or bool; got ${show(dtype)}`);
  const from = x.dtype;
  const op: LaneOp = {
    kind: 'lane',
    name: 'cast',
    key: `cast ${from} ${dtype}`,
    cost: 0.15,
    lane,
    gradient: () => [],
  };
  return applyOp(op, [x], x.shape, dtype);
}

/** A bool as int32, 0 or 1; a node of another dtype as it is. */
export function asNumbers(x: Node): Node {
  return x.dtype === 'bool' ? cast(x, 'int32') : x;
}
