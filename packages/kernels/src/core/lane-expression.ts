// What an elementwise kernel computes: an expression for four neighbouring elements at a time, the views that it reads, and where
// its results go. The loops that run it are in elementwise/ and row-fusion/.

import type { Expr, FunctionBuilder } from '@treadle/wasm';
import type { Lane } from './format.ts';
import type { Operand, Present } from './operand.ts';

/** An operand, and the lanes that its elements are read as. */
export interface Load {
  readonly operand: Operand;
  readonly type: Lane;
}

/**
 * Emits one expression for each output, for four neighbouring elements: `values` are the elements of the loads, `index()` their
 * row-major positions in the shape. Must not trap, whatever the lanes hold: some lie beyond the last element.
 */
export type LaneBody = (
  f: FunctionBuilder,
  values: readonly Expr<Lane>[],
  index: () => Expr<'i32x4'>,
) => readonly Expr<Lane>[];

/** A fused elementwise expression. */
export interface LaneExpression {
  readonly name: string;
  /** the iteration shape */
  readonly shape: readonly number[];
  /** views of exactly `shape`; stride 0 along a dimension that is broadcast */
  readonly loads: readonly Load[];
  readonly body: LaneBody;
  /** rough nanoseconds for one element */
  readonly cost: number;
  /** the ops that the body computes; none by default */
  readonly ops?: readonly string[];
  /** floating-point operations of the body for one element; 0 by default */
  readonly flops?: number;
  /** equal for expressions whose bodies do the same to loads of the same types, and ask for no index */
  readonly key?: string | undefined;
  /** the valid rows of a dynamic batch */
  readonly present?: Present | undefined;
}

/** An expression and where its outputs go: views of its shape in which no element occurs twice. */
export interface StoredProgram extends LaneExpression {
  readonly stores: readonly Operand[];
}
