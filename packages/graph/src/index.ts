// Nodes, shapes, dtypes, the ops (shape rule, lowering and gradient together), the reverse walk.

export { DtypeError, ShapeError } from './calls/errors.ts';
export { nearest } from './calls/nearest.ts';
export {
  areOptions,
  checkArray,
  checkFunction,
  checkNumber,
  checkNumbers,
  type OptionKinds,
  readOptions,
  unknownName,
} from './calls/options.ts';
export { checkOutsideLoop, inScope, scopeName } from './calls/scope.ts';
export { show } from './calls/show.ts';
export { checkpoint } from './checkpoint.ts';
export {
  arithmeticOf,
  byteLength,
  type Dtype,
  type DtypeRow,
  dtypeNames,
  dtypes,
  isDtype,
  isFloat,
  laneOf,
  promote,
  rounded,
  type StoredArray,
} from './dtype.ts';
export { gradients } from './gradients.ts';
export { InLoop, type LoopResults, loop, type Ranging } from './loops/loop.ts';
export { nodeAt, partKey, typeAt } from './loops/loop-body.ts';
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
export type { NodeOrNumber } from './ops/elementwise/lane.ts';
export * as ops from './ops/index.ts';
export { pick } from './ops/indexing/gather.ts';
export { type RowGradients, type RowList, rowGradients, setRows, takeRows } from './ops/indexing/row-lists.ts';
export type { SortOptions } from './ops/indexing/sort.ts';
export type { MatmulOptions } from './ops/linear-algebra/matmul.ts';
export type { ReduceOptions } from './ops/reduce/reduce.ts';
export type { StandardizeOptions } from './ops/reduce/standardize.ts';
export { broadcastView } from './ops/reduce/sum.ts';
export type { ConvOptions, ConvTransposeOptions } from './ops/windows/conv.ts';
export type { Conv1dOptions } from './ops/windows/conv1d.ts';
export type { PoolOptions } from './ops/windows/pool.ts';
export type { Interpolation } from './ops/windows/resize.ts';
export type { DilatedOptions, Padding, Pair, WindowOptions } from './ops/windows/window.ts';
export { partNode, resultsBeside } from './results.ts';
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
