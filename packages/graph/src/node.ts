// The graph: a node is an op applied to inputs, or a source, whose value comes from outside the graph. Both types are here because
// each contains the other. An op is one record that holds its lowering and its gradient; the function that applies it is its shape
// rule. The compiler reads an op's `kind` and never its `name`. A node does not know how it will be computed. Once it has been,
// `source` says where its value is; its op and inputs are then dropped, unless a gradient may need them.

import type { Combine, Epilogue, Kernel, Lane, Level, Operand, Present, Slot, View } from '@treadle/kernels';
import type { Expr, FunctionBuilder } from '@treadle/wasm';
import type { Dtype } from './dtype.ts';
import type { Shape } from './shape.ts';

/** The memory of a value. The compiler package implements it; uses are counted. */
export interface Storage {
  /** the values, if they can be read without waiting for a run and without copying */
  readonly known?: ArrayLike<number> | undefined;
  /**
   * The byte address of the first element in the shared memory, for one run. `room` is the address of free memory of the caller's,
   * to which a value outside the shared memory may be copied.
   */
  address(room?: number): number;
  /** Counts one use more: by a node, or a run that has not ended. */
  hold(): void;
  /** Counts one use less; the memory is freed with the last one. */
  letGo(): void;
}

/** The state of a variable. Assignments write its storage in place. */
export interface VariableState {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** Where the value of a node comes from. */
export type Source =
  /** a value in memory */
  | { readonly kind: 'stored'; readonly storage: Storage }
  /** a number of the user's program: an input of the plan, so that another number does not need another plan */
  | { readonly kind: 'number'; readonly value: number }
  /** a number that follows from shapes and ops alone: part of the plan */
  | { readonly kind: 'constant'; readonly value: number }
  /** a number that is drawn for each run of a plan, such as a seed */
  | { readonly kind: 'drawn'; readonly draw: () => number }
  /** an argument of a compiled function */
  | { readonly kind: 'argument'; readonly index: number }
  /** the present value of a variable */
  | { readonly kind: 'variable'; readonly state: VariableState };

/**
 * Which nodes may be upstream of a node although the graph does not show it any more, because a history was dropped: 'none';
 * 'untracked', any node that was not computed from a variable; a set of variables, and untracked nodes too; or 'all'.
 */
export type LostHistory = 'none' | 'untracked' | 'all' | ReadonlySet<VariableState>;

/** An op applied to inputs, or a source. */
export interface Node {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** undefined: a source, or a value whose history was dropped */
  op: Op | undefined;
  inputs: readonly Node[];
  source: Source | undefined;
  /** whether it is a variable or was computed from one, without an op that stops gradients: its history is then kept after reading */
  readonly tracked: boolean;
  /** number of uses: handles, nodes computed from it, pending assignments; negative after it was released */
  uses: number;
  /** whether its memory is freed with its last use, because a handle was disposed of; otherwise the garbage collector frees it */
  isFreedWithUse: boolean;
  /** whether a plan has computed something from this node; the history of that may have been dropped */
  captured: boolean;
  /** what may be upstream of this node, or of an input, without being seen */
  lostHistory: LostHistory;
  /** the recording on whose arguments, variables or random numbers the value depends; the value is not known before a run */
  readonly recording: object | undefined;
  /** the latest walk over the graph that has visited the node (see newWalk) */
  walk: number;
  /** a number that this walk gave to the node, such as its index in a list */
  mark: number;
}

/** What all ops have. */
interface OpRecord {
  /** the name in plans and errors */
  readonly name: string;
  /** name and attributes: two ops with the same key compute the same from inputs of the same shapes and dtypes */
  readonly key: string;
  /**
   * The gradient of each input, given dy, the gradient of the result y: nodes, so that gradients have gradients. undefined where an
   * input has none. Where an input was broadcast, its gradient may have y's shape; the reverse walk sums it.
   */
  gradient(dy: Node, y: Node, inputs: readonly Node[]): readonly (Node | undefined)[];
  /**
   * In place of `gradient` for an op of several results, whose node has no value of its own: the gradient of each wanted input, given
   * those of some results.
   */
  gradientOfParts?(
    dys: readonly PartGradient[],
    node: Node,
    isWanted: (input: number) => boolean,
  ): readonly (Node | undefined)[];
  /** whether no gradient passes through it */
  readonly stopsGradients?: boolean;
  /** The same op on inputs with one more axis in front, applied to each slice along it, as one node. */
  batched?(inputs: readonly Node[]): Node;
  /** The sum of the op over one more axis in front of the inputs, as one node. */
  sumOfBatch?(inputs: readonly Node[]): Node;
}

/** The values of a lane op's inputs for four neighbouring elements. */
export interface LaneInputs {
  float(input: number): Expr<'f32x4'>;
  int(input: number): Expr<'i32x4'>;
  /** row-major indices of the four elements in the result */
  index(): Expr<'i32x4'>;
}

/** Computes element by element; inputs broadcast to the shape of the result. */
export interface LaneOp extends OpRecord {
  readonly kind: 'lane';
  /** rough time in nanoseconds an element */
  readonly cost: number;
  /** whether it reads `index()` */
  readonly indexed?: boolean;
  /** whether op(op(x)) is x to the bit */
  readonly undoesItself?: boolean;
  /** emits code for four neighbouring elements */
  lane(f: FunctionBuilder, x: LaneInputs): Expr<Lane>;
}

/** Moves the elements of its first input: an index map. Further inputs are for gradients alone. */
export interface MoveOp extends OpRecord {
  readonly kind: 'move';
  /** the result as a view of the input's memory; undefined where strides cannot express it, and the input must be dense */
  view(input: View): View | undefined;
  /** whether the elements stay in the same row-major order */
  readonly keepsOrder?: boolean;
}

/** Reduces the last axes of its one input, in row-major order. */
export interface ReduceOp extends OpRecord {
  readonly kind: 'reduce';
  /** number of axes */
  readonly axes: number;
  readonly combine: Combine;
}

/** What a tiled op is given to make its kernels. */
export interface Lowering {
  readonly inputs: readonly Operand[];
  /** the inputs, of an op with `inputViews`, that lie in the result already */
  readonly inPlace?: ReadonlySet<number>;
  /** where to write each result, dense; undefined for a result that nothing needs */
  readonly outputs: readonly (Slot | undefined)[];
  /** the first of the outputs */
  readonly output: Slot;
  readonly level: Level;
  /** allocates a temporary buffer of `length` elements */
  readonly allocate: (length: number) => Slot;
  /** allocates the record in which a kernel notes a value that it refuses */
  readonly record: () => Slot;
  /** work to fuse onto the result, for an op with takesEpilogue */
  readonly epilogue?: Epilogue;
  /** the slot of an int32: the number of valid elements of the axis that is reduced; without it, all are valid */
  readonly combined?: Slot;
  /** the valid rows of the result's leading axis; without it, all are valid */
  readonly present?: Present;
}

/** The type of a result, or of any node. */
export type ResultType = Pick<Node, 'shape' | 'dtype'>;

/** Has its own kernels, whose operands are in memory. */
export interface TiledOp extends OpRecord {
  readonly kind: 'tiled';
  /** the types of several results, which are parts of the node; without it the node itself is the result */
  readonly results?: readonly ResultType[];
  /** whether elementwise work can be fused onto the result while it is in cache */
  readonly takesEpilogue?: boolean;
  /** whether a kernel may refuse a value that it reads, such as an index out of range */
  readonly mayRefuse?: boolean;
  /** whether its kernels read elements of fewer than 4 bytes; operands of other ops are widened first */
  readonly takesNarrow?: boolean;
  /**
   * The index of an input of the result's shape whose memory the result may take over. Where both have the same slot, the kernels
   * write only the elements that differ.
   */
  readonly overwrites?: number;
  /**
   * Where the result is made of its inputs: by input, the view of the result's memory where it goes. A kernel may compute an input
   * right there; then `kernels` does not copy it (`Lowering.inPlace`).
   */
  readonly inputViews?: readonly View[];
  kernels(lowering: Lowering): readonly Kernel[];
  /**
   * For an axis of an input of which only the first elements may be valid (the rows of a dynamic batch): the axis of the result whose
   * element i depends on element i of that axis alone; 'combined' where the axis is reduced, and kernels respect
   * `Lowering.combined`; undefined where neither holds. The key may end in the result's shape, but kernels must not depend on that
   * part. For an op of several results it holds for each of them, and none is 'combined'.
   */
  dynamicAxis?(input: number, axis: number, shape: Shape): number | 'combined' | undefined;
}

/** One of the results of a node that has several. */
export type Part =
  /** a result that a tiled op lists */
  | { readonly kind: 'result'; readonly index: number }
  /** the value of a loop's carry after the last step */
  | { readonly kind: 'final'; readonly carry: number }
  /** the values of a node of a loop's body at all steps, stacked along a leading axis */
  | { readonly kind: 'stack'; readonly place: BodyPlace };

/** A node of a loop's body: its index among the places of the body, or a part of the node at an index. */
export type BodyPlace = number | { readonly of: number; readonly part: Part };

/** A node of a loop's body, with the op and inputs that it had when the body was made. */
export interface BodyNode {
  readonly node: Node;
  readonly op: Op;
  readonly inputs: readonly Node[];
}

/** What one step of a loop computes. */
export interface LoopBody {
  /** stand for the carries at the start of a step */
  readonly carries: readonly Node[];
  /** stand for the slices of a step */
  readonly slices: readonly Node[];
  /** nodes outside the body that every step reads */
  readonly consts: readonly Node[];
  /** the nodes that a step computes, inputs first */
  readonly made: readonly BodyNode[];
  /** the carries at the end of a step */
  readonly next: readonly Node[];
  /** the index of each node: carries, slices, consts, then the nodes that are made */
  readonly places: ReadonlyMap<Node, number>;
  /** equal for bodies that compute the same from inputs of the same shapes and dtypes */
  readonly key: string;
}

/** The gradient of one part. */
export interface PartGradient {
  readonly part: Part;
  readonly dy: Node;
}

/** Runs its body once for each step. Its node has no value of its own; the results are parts of it. */
export interface LoopOp extends OpRecord {
  readonly kind: 'loop';
  /** the op's inputs are the initial carries, the stacks of which each step reads a slice, and the consts */
  readonly body: LoopBody;
  /** number of steps, one or more */
  readonly length: number;
  /** whether steps go from the last slice to the first */
  readonly isReversed: boolean;
  /** whether the gradient computes the intermediate values of a step a second time, instead of keeping them */
  readonly recomputes: boolean;
}

/** One of the results of its input. */
export interface PartOp extends OpRecord {
  readonly kind: 'part';
  readonly part: Part;
}

export type Op = LaneOp | MoveOp | ReduceOp | TiledOp | LoopOp | PartOp;
