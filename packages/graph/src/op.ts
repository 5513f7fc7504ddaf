// What an op is: one record that holds its lowering and its gradient, made by the function that users call, which also is
// its shape rule. The kinds say what the compiler may do with them; the compiler reads `kind` and never `name`.

import type { Combine, Epilogue, Kernel, Lane, Level, Operand, Present, Slot, View } from '@treadle/kernels';
import type { Expr, FunctionBuilder } from '@treadle/wasm';
import type { Node } from './node.ts';
import type { Shape } from './shape.ts';

interface OpRecord {
  /** what people read in plans and errors */
  readonly name: string;
  /** name and attributes: two ops with the same key do the same to inputs of the same shapes and dtypes */
  readonly key: string;
  /**
   * Gradient of each input, given dy (the gradient of the result y), written in ops; undefined where there is none.
   * It may have y's shape where the input was broadcast: the reverse walk sums it.
   */
  gradient(dy: Node, y: Node, inputs: readonly Node[]): readonly (Node | undefined)[];
  /**
   * For an op whose node has no value, because its results are parts of it: the gradient of each input that is wanted, given those
   * of some parts. It takes the place of `gradient`.
   */
  gradientOfParts?(
    dys: readonly PartGradient[],
    node: Node,
    isWanted: (input: number) => boolean,
  ): readonly (Node | undefined)[];
  /** whether it is there to let no gradient pass */
  readonly stopsGradients?: boolean;
  /** The op on each slice of inputs with one more axis in front, as one node. */
  batched?(inputs: readonly Node[]): Node;
  /** The sum, over one more axis in front of the inputs, of the op on each slice. */
  sumOfBatch?(inputs: readonly Node[]): Node;
}

/** The values of a lane op's inputs for four neighbouring elements. */
export interface LaneInputs {
  float(input: number): Expr<'f32x4'>;
  int(input: number): Expr<'i32x4'>;
  /** row-major indices of the four elements in the result */
  index(): Expr<'i32x4'>;
}

/** Element by element, inputs broadcast to the result's shape. */
export interface LaneOp extends OpRecord {
  readonly kind: 'lane';
  /** nanoseconds an element, roughly */
  readonly cost: number;
  /** whether it reads `index()` */
  readonly indexed?: boolean;
  /** whether it gives back x, to the bit, when it is applied to its own result for x */
  readonly undoesItself?: boolean;
  lane(f: FunctionBuilder, x: LaneInputs): Expr<Lane>;
}

/** An index map of its first input; others are there for gradients alone. */
export interface MoveOp extends OpRecord {
  readonly kind: 'move';
  /** the result as a view, given a view of the input; undefined where strides cannot say it and the input must lie dense */
  view(input: View): View | undefined;
  /** whether its elements are those of its input in the same row-major order */
  readonly keepsOrder?: boolean;
}

/** Combines the last axes of its one input, in row-major order. */
export interface ReduceOp extends OpRecord {
  readonly kind: 'reduce';
  /** how many axes */
  readonly axes: number;
  readonly combine: Combine;
}

export interface Lowering {
  readonly inputs: readonly Operand[];
  /** for each result: where it goes, dense; undefined for one that nothing needs */
  readonly outputs: readonly (Slot | undefined)[];
  /** the first of them: of an op of one result, that */
  readonly output: Slot;
  readonly level: Level;
  /** a temporary buffer of so many elements */
  readonly allocate: (length: number) => Slot;
  /** a record for a kernel that may refuse what it reads */
  readonly record: () => Slot;
  /** only where the op takes one */
  readonly epilogue?: Epilogue;
  /** an int32: of the axis that is combined, only so many elements are there; without it, all */
  readonly combined?: Slot;
  /** of the result's leading axis */
  readonly present?: Present;
}

/** What a result of an op of several is. */
export type ResultType = Pick<Node, 'shape' | 'dtype'>;

/** Has kernels of its own over operands in memory. */
export interface TiledOp extends OpRecord {
  readonly kind: 'tiled';
  /** the results of an op of several, which are parts of its node; without it the node is the result */
  readonly results?: readonly ResultType[];
  /** whether work can be fused onto the result while it is in cache */
  readonly takesEpilogue?: boolean;
  /** whether its kernels read elements of fewer than 4 bytes; other ops are given words */
  readonly takesNarrow?: boolean;
  /** whether a kernel may refuse what it reads */
  readonly mayRefuse?: boolean;
  /**
   * An input of the result's shape whose memory may become the result's: where both have the same slot, the kernels write
   * only what differs.
   */
  readonly overwrites?: number;
  kernels(lowering: Lowering): readonly Kernel[];
  /**
   * What becomes of an axis of an input of which only the first elements may be there: the axis of the result whose elements
   * depend on those alone that stand at the same place; 'combined' where kernels mind `Lowering.combined`; undefined for
   * neither. The key may end in the result's shape, which must say nothing else to kernels. Of an op of several results it holds
   * for each, and none is 'combined'.
   */
  ragged?(input: number, axis: number, shape: Shape): number | 'combined' | undefined;
}

/**
 * Which result of an op of several: what a carry of a loop is at the end, or what a node of its body is at all steps; or one of
 * those that a tiled op lists.
 */
export type Part =
  | { readonly kind: 'result'; readonly index: number }
  | { readonly kind: 'final'; readonly carry: number }
  | { readonly kind: 'stack'; readonly place: BodyPlace };

/** A node of a loop's body: its place there, or a part of the op of several results at that place. */
export type BodyPlace = number | { readonly of: number; readonly part: Part };

/** A node of a body as it was made. */
export interface Made {
  readonly node: Node;
  readonly op: Op;
  readonly inputs: readonly Node[];
}

export interface LoopBody {
  /** stand for the carries as a step begins */
  readonly carries: readonly Node[];
  /** stand for the slices of a step */
  readonly slices: readonly Node[];
  /** what every step reads, made outside */
  readonly consts: readonly Node[];
  /** inputs before what is computed from them */
  readonly made: readonly Made[];
  /** the carries as the step ends */
  readonly next: readonly Node[];
  /** where each node stands: carries, slices, consts, then what is made */
  readonly places: ReadonlyMap<Node, number>;
  /** equal for bodies that do the same to inputs of the same shapes and dtypes */
  readonly key: string;
}

/** The gradient of one part. */
export interface PartGradient {
  readonly part: Part;
  readonly dy: Node;
}

/** Runs its body once for each step. Its node has no value; its results are parts of it. */
export interface LoopOp extends OpRecord {
  readonly kind: 'loop';
  /** its inputs are what the carries begin with, the stacks that it reads a slice of at every step, and what every step reads */
  readonly body: LoopBody;
  /** how many steps, one or more */
  readonly length: number;
  /** whether the first step reads the last slices */
  readonly isReversed: boolean;
  /** whether the gradient computes what a step made a second time */
  readonly recomputes: boolean;
}

/** One of the results of its input. */
export interface PartOp extends OpRecord {
  readonly kind: 'part';
  readonly part: Part;
}

export type Op = LaneOp | MoveOp | ReduceOp | TiledOp | LoopOp | PartOp;
