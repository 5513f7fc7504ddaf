// Nodes, shapes, dtypes, the ops (shape rule, lowering and gradient together), the reverse walk.

export { checkpoint } from './checkpoint.ts';
export { type Dtype, promote } from './dtype.ts';
export { DtypeError, ShapeError } from './errors.ts';
export { gradients } from './gradients.ts';
export { InLoop, type LoopResults, loop, type Ranging } from './loop.ts';
export { nodeAt, partKey, typeAt } from './loop-body.ts';
export { nearest } from './nearest.ts';
export {
  applyOp,
  constantNode,
  forgetHistory,
  isIdle,
  joinLost,
  type Lost,
  letGo,
  type Node,
  newWalk,
  numberNode,
  retain,
  type Source,
  type Storage,
  settle,
  settleUnread,
  sourceNode,
  type VariableState,
} from './node.ts';
export type {
  BodyPlace,
  LaneInputs,
  LaneOp,
  LoopBody,
  LoopOp,
  Lowering,
  Made,
  MoveOp,
  Op,
  Part,
  PartOp,
  ReduceOp,
  TiledOp,
} from './op.ts';
export type { ConvOptions, ConvTransposeOptions } from './ops/conv.ts';
export type { Conv1dOptions } from './ops/conv1d.ts';
export { pick } from './ops/gather.ts';
export * as ops from './ops/index.ts';
export type { NodeOrNumber } from './ops/lane.ts';
export type { MatmulOptions } from './ops/matmul.ts';
export type { PoolOptions } from './ops/pool.ts';
export type { ReduceOptions } from './ops/reduce.ts';
export type { Interpolation } from './ops/resize.ts';
export { type RowGradients, type RowList, rowGradients, setRows, takeRows } from './ops/row-lists.ts';
export type { SortOptions } from './ops/sort.ts';
export type { StandardizeOptions } from './ops/standardize.ts';
export { broadcastView } from './ops/sum.ts';
export type { DilatedOptions, Padding, Pair, WindowOptions } from './ops/window.ts';
export {
  areOptions,
  checkArray,
  checkFunction,
  checkNumber,
  checkNumbers,
  type OptionKinds,
  readOptions,
  unknownName,
} from './options.ts';
export { partNode, resultsBeside } from './results.ts';
export { checkOutsideLoop, inScope, scopeName } from './scope.ts';
export {
  type Axes,
  broadcastShapes,
  checkShape,
  checkShapeKind,
  checkSize,
  denseStrides,
  denseView,
  isDense,
  mostElements,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from './shape.ts';
export { show } from './show.ts';
