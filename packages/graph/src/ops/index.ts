// All ops. `keyof typeof` this module is the list of ops; there is no other.

export { abs, add, div, mul, neg, reciprocal, sign, square, sub } from './elementwise/arithmetic.ts';
export { cast } from './elementwise/cast.ts';
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where,
} from './elementwise/comparison.ts';
export { exp, expm1, log, log1p, sigmoid, softplus, tanh } from './elementwise/exponential.ts';
export { clip, maximum, minimum, relu } from './elementwise/extremes.ts';
export { arange, uniform01 } from './elementwise/index-lanes.ts';
export { mod } from './elementwise/mod.ts';
export { pow, rsqrt, sqrt } from './elementwise/power.ts';
export { randomNormal, randomUniform } from './elementwise/random.ts';
export { ceil, floor, round } from './elementwise/rounding.ts';
export { stopGradient } from './elementwise/stop-gradient.ts';
export { cos, erf, erfc, sin, tan } from './elementwise/trigonometric.ts';
export { gather, scatterAdd } from './indexing/gather.ts';
export { argsort, sort, topK } from './indexing/sort.ts';
export { cholesky } from './linear-algebra/cholesky.ts';
export { eigh, svd } from './linear-algebra/eigen.ts';
export { matmul } from './linear-algebra/matmul.ts';
export { lstsq, qr } from './linear-algebra/qr.ts';
export { det, inv, solve } from './linear-algebra/solve.ts';
export { split, stack, tile } from './moves/arrange.ts';
export { concat, expandDims, flip, pad, reshape, slice, squeeze, transpose } from './moves/moves.ts';
export { cumsum } from './reduce/cumsum.ts';
export { all, any, argmax, argmin, logSumExp, max, min, prod } from './reduce/reductions.ts';
export { logSoftmax, oneHot, softmax } from './reduce/softmax.ts';
export { standardize } from './reduce/standardize.ts';
export { broadcastTo, mean, std, sum, sumTo, variance } from './reduce/sum.ts';
export { conv2d, conv2dTranspose } from './windows/conv.ts';
export { conv1d } from './windows/conv1d.ts';
export { depthwiseConv2d } from './windows/depthwise.ts';
export { averagePool2d, maxPool2d } from './windows/pool.ts';
export { resize } from './windows/resize.ts';
