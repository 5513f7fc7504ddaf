// cast: from one dtype to another. What lanes hold is converted first (floats, whole numbers, masks); then the dtype fits the
// values to those that it has. A gradient passes from floats to floats only: all other casts leave or enter whole numbers.

import { type Expr, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { DtypeError } from '../../calls/errors.ts';
import { show } from '../../calls/show.ts';
import { arithmeticOf, type Dtype, dtypeNames, dtypes, isDtype, isFloat, type LaneKind } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { LaneInputs, LaneOp, Node } from '../../node.ts';

const conversions: Record<LaneKind, Record<LaneKind, (x: LaneInputs) => Expr<'f32x4' | 'i32x4'>>> = {
  float: {
    float: (x) => x.float(0),
    // towards zero; beyond the range of int32 the nearest end of it, NaN gives 0
    int: (x) => i32x4.trunc_sat_f32x4_s(x.float(0)),
    mask: (x) => f32x4.ne(x.float(0), 0),
  },
  int: {
    float: (x) => f32x4.convert_i32x4_s(x.int(0)),
    int: (x) => x.int(0),
    mask: (x) => i32x4.ne(x.int(0), 0),
  },
  mask: {
    // as a number, a mask is mask ∧ 1
    float: (x) => v128.and(x.float(0), reinterpret('f32x4', f32x4.const(1))),
    int: (x) => v128.and(x.int(0), i32x4.const(1)),
    mask: (x) => x.int(0),
  },
};

/**
 * The same values in another dtype. float32 → int32 rounds towards zero and saturates; ≠ 0 is true. int32 → uint8 wraps around,
 * floats are cut off and clamped to 0 … 255; float32 → float16 rounds to the nearest, ties to even. Throws DtypeError.
 */
export function cast(x: Node, dtype: Dtype): Node {
  if (dtype === x.dtype) return x;
  if (!isDtype(dtype)) throw new DtypeError(`cast: dtype must be ${dtypeNames}; got ${show(dtype)}`);
  const from = x.dtype;
  const { kind } = dtypes[from];
  const { kind: to, fit } = dtypes[dtype];
  const convert = conversions[kind][to];
  const passesGradient = isFloat(from) && isFloat(dtype);
  const op: LaneOp = {
    kind: 'lane',
    name: 'cast',
    key: `cast ${from} ${dtype}`,
    cost: fit ? 0.4 : 0.15,
    lane: (f, inputs) => (fit ? fit(f, convert(inputs), kind) : convert(inputs)),
    gradient: (dy) => (passesGradient ? [dy] : []),
  };
  return applyOp(op, [x], x.shape, dtype);
}

/** x in the dtype of arithmetic on it: bool, uint8 and int32 as int32, floats as float32. */
export function asNumbers(x: Node): Node {
  return cast(x, arithmeticOf(x.dtype));
}

/** The same, but bool stays what it is: for ops that take masks, or refuse them. */
export function widened(x: Node): Node {
  return x.dtype === 'bool' ? x : asNumbers(x);
}
