// All initializers by the names that users give. A new initializer is a file of this folder and an export here.

/**
 * Initial values of weights: `kernelInitializer: initializers.heNormal()`.
 *
 * @module
 */

export { constant } from './constant.ts';
export { glorotNormal, glorotUniform } from './glorot.ts';
export { heNormal, heUniform } from './he.ts';
export { identity } from './identity.ts';
export { lecunNormal, lecunUniform } from './lecun.ts';
export { ones } from './ones.ts';
export { orthogonal } from './orthogonal.ts';
export { randomNormal } from './random-normal.ts';
export { randomUniform } from './random-uniform.ts';
export { truncatedNormal } from './truncated-normal.ts';
export { varianceScaling } from './variance-scaling.ts';
export { zeros } from './zeros.ts';
