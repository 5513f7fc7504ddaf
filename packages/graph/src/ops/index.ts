// All ops. `keyof typeof` this module is the list of ops; there is no other.

export { abs, add, div, mul, neg, reciprocal, sign, square, sub } from './arithmetic.ts';
export { split, stack, tile } from './arrange.ts';
export { cast } from './cast.ts';
export { cholesky } from './cholesky.ts';
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
} from './comparison.ts';
export { conv2d, conv2dTranspose } from './conv.ts';
export { conv1d } from './conv1d.ts';
export { cumsum } from './cumsum.ts';
export { depthwiseConv2d } from './depthwise.ts';
export { eigh, svd } from './eigen.ts';
export { exp, expm1, log, log1p, sigmoid, softplus, tanh } from './exponential.ts';
export { clip, maximum, minimum, relu } from './extremes.ts';
export { gather, scatterAdd } from './gather.ts';
export { arange, uniform01 } from './index-lanes.ts';
export { matmul } from './matmul.ts';
export { mod } from './mod.ts';
export { concat, expandDims, flip, pad, reshape, slice, squeeze, transpose } from './moves.ts';
export { averagePool2d, maxPool2d } from './pool.ts';
export { pow, rsqrt, sqrt } from './power.ts';
export { lstsq, qr } from './qr.ts';
export { randomNormal, randomUniform } from './random.ts';
export { all, any, argmax, argmin, logSumExp, max, min, prod } from './reductions.ts';
export { resize } from './resize.ts';
export { ceil, floor, round } from './rounding.ts';
export { logSoftmax, oneHot, softmax } from './softmax.ts';
export { det, inv, solve } from './solve.ts';
export { argsort, sort, topK } from './sort.ts';
export { standardize } from './standardize.ts';
export { stopGradient } from './stop-gradient.ts';
export { broadcastTo, mean, std, sum, sumTo, variance } from './sum.ts';
export { cos, erf, erfc, sin, tan } from './trigonometric.ts';
