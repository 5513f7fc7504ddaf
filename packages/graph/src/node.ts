// The graph: a node is an op applied to inputs, or a source, whose value comes from outside the graph. Both types are here because
// each contains the other. An op is one record that holds its lowering and its gradient; the function that applies it is its shape
// rule. The compiler reads an op's `kind` and never its `name`. A node does not know how it will be computed. Once it has been,
// `source` says where its value is; its op and inputs are then dropped, unless a gradient may need them.

import type { Combine, Epilogue, Kernel, Lane, Level, Operand, Present, Slot, View } from '@treadle/kernels';
import type { Expr, FunctionBuilder } from '@treadle/wasm';
import type { Dtype } from './dtype.ts';
import type { Shape } from './shape.ts';

/** Where a value lies; owned by the engine. */
export interface Storage {
  /** the values, where the caller can look at them without waiting for a run or copying them */
  readonly known?: ArrayLike<number> | undefined;
  /**
   * The byte address of the first element in the shared memory, for one run. `room`: the address of room that the caller has
   * for the elements; a value that lies elsewhere may be copied there, and stays where it is.
   */
  address(room?: number): number;
  /** Notes one more that needs the value: a node, or a run under way. */
  hold(): void;
  /** One fewer needs it; when the last one lets go, the memory is freed. */
  letGo(): void;
}

/** The lasting state behind a variable. Its storage is written in place by assignments. */
export interface VariableState {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

export type Source =
  | { readonly kind: 'stored'; readonly storage: Storage }
  /** a number of the program: an input of the plan, so that another number needs no other plan */
  | { readonly kind: 'number'; readonly value: number }
  /** a number that follows from structure alone: part of the plan */
  | { readonly kind: 'constant'; readonly value: number }
  /** a number drawn anew for every run of a plan (a seed) */
  | { readonly kind: 'drawn'; readonly draw: () => number }
  /** an argument of a compiled function */
  | { readonly kind: 'argument'; readonly index: number }
  /** the present value of a variable */
  | { readonly kind: 'variable'; readonly state: VariableState };

/**
 * Which nodes may be upstream although the graph does not show it, for a history was dropped: none, any without a variable
 * upstream ('untracked'), those and the variables of a set, or any at all.
 */
export type LostHistory = 'none' | 'untracked' | 'all' | ReadonlySet<VariableState>;

export interface Node {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** undefined: a source, or a value whose history was dropped */
  op: Op | undefined;
  inputs: readonly Node[];
  source: Source | undefined;
  /**
   * whether a variable is upstream (or the node is one), and no op between stops gradients: then gradients can still be asked
   * for after it was read
   */
  readonly tracked: boolean;
  /** how many need the node: handles, nodes that are computed from it, assignments that wait; negative when it is idle */
  uses: number;
  /** whether its memory is freed with its last use, because a handle on it was disposed of; otherwise when it is forgotten */
  isFreedWithUse: boolean;
  /** whether a plan has computed something from this one: the history of that may have been dropped */
  captured: boolean;
  /** what is lost upstream of this node; where it still has its op, the lost history is that of an input */
  lostHistory: LostHistory;
  /** the recording whose arguments, variables or random numbers the value depends on: it is not known before a run */
  readonly recording: object | undefined;
  /** the latest walk that has met the node, and what that walk noted of it */
  walk: number;
  place: number;
}

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
export interface BodyNode {
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
  readonly made: readonly BodyNode[];
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
