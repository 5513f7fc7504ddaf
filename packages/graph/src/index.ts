// Nodes, shapes, dtypes, the ops (shape rule, lowering and gradient together), the reverse walk.

export { argumentNode } from './argument.ts';
export { type Config, type Configured, configOf, isConfig, type MakerOf, withConfig } from './calls/config.ts';
export { DtypeError, FormatError, ShapeError } from './calls/errors.ts';
export { byName, checkName, isNameIn } from './calls/names.ts';
export { nearest } from './calls/nearest.ts';
export {
  areOptions,
  checkArray,
  checkFunction,
  checkNumber,
  checkNumbers,
  checkOptions,
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
export { InLoop, type LoopRange, type LoopResults, loop } from './loops/loop.ts';
export { nodeAt, partKey, typeAt } from './loops/loop-body.ts';
export { joinLostHistory } from './lost-history.ts';
export { applyOp, constantNode, newWalk, numberNode, sourceNode } from './make-node.ts';
export type {
  BodyNode,
  BodyPlace,
  LaneInputs,
  LaneOp,
  LoopBody,
  LoopOp,
  LostHistory,
  Lowering,
  MoveOp,
  Node,
  Op,
  Part,
  PartOp,
  ReduceOp,
  Source,
  Storage,
  TiledOp,
  VariableState,
} from './node.ts';
export { forgetHistory, isReleased, release, retain, setSource, setSourceAndForgetHistory } from './node-lifetime.ts';
export type { NodeOrNumber } from './ops/elementwise/lane.ts';
export * as ops from './ops/index.ts';
export { gatherUnchecked } from './ops/indexing/gather.ts';
export { type RowGradients, type RowList, rowGradients, setRows, takeRows } from './ops/indexing/row-lists.ts';
export type { SortOptions } from './ops/indexing/sort.ts';
export type { MatmulOptions } from './ops/linear-algebra/matmul.ts';
export type { ReduceOptions } from './ops/reduce/reduce.ts';
export type { StandardizeOptions } from './ops/reduce/standardize.ts';
export { broadcastView } from './ops/reduce/sum-and-broadcast.ts';
export type { Conv1dOptions } from './ops/windows/conv1d.ts';
export type { ConvOptions, ConvTransposeOptions } from './ops/windows/conv2d.ts';
export type { PoolOptions } from './ops/windows/pool2d.ts';
export type { Interpolation } from './ops/windows/resize.ts';
export type { DilatedOptions, Padding, Pair, WindowOptions } from './ops/windows/window.ts';
export { partNode, resultsBeside } from './results.ts';
export {
  type Axes,
  checkShape,
  checkShapeKind,
  checkSize,
  denseView,
  isDense,
  mostElements,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from './shape.ts';
