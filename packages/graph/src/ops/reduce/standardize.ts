// standardize: mean 0 and variance 1 over some axes, then a scale and a shift that do not vary along those axes. It is composed of
// other ops, but has its own gradient, which needs only two sums: of dy and of dy·(x − mean).

import { ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import { type Axes, normalizeAxes, showShape, sizeOf } from '../../shape.ts';
import { add, mul, square, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { rsqrt } from '../elementwise/power.ts';
import { mean } from './mean-and-variance.ts';
import { broadcastTo, sum } from './sum-and-broadcast.ts';

/** Options of `standardize`. */
export interface StandardizeOptions {
  /** added to the variance; 0 by default */
  readonly epsilon?: number | undefined;
  /** the scale; 1 by default */
  readonly gamma?: Node | undefined;
  /** the shift; 0 by default */
  readonly beta?: Node | undefined;
}

const standardizeOptions: OptionKinds<StandardizeOptions> = { epsilon: 'number', gamma: 'any', beta: 'any' };

/**
 * [y, mean, variance] of x over the axes: y = (x − mean)/√(variance + epsilon)·gamma + beta, float32, of the shape of x; mean and
 * variance (the squared distance from the mean, divided by n) with the axes kept, of extent 1. gamma and beta broadcast to the
 * shape of the mean. Throws ShapeError where they do not.
 */
export function standardize(x: Node, axes: Axes, options: StandardizeOptions = {}): readonly [Node, Node, Node] {
  const { epsilon = 0, ...factors } = readOptions('standardize', options, standardizeOptions);
  const values = cast(x, 'float32');
  const over = normalizeAxes('standardize', axes, x.shape.length);
  const keepDims = true;
  const average = mean(values, over, { keepDims });
  const centred = sub(values, average);
  const variance = mean(square(centred), over, { keepDims });
  const factor = (name: 'gamma' | 'beta'): Node | undefined => {
    const given = factors[name];
    return given && broadcastTo(cast(given, 'float32'), fitting(name, given, average));
  };
  const [gamma, beta] = [factor('gamma'), factor('beta')];
  const inverse = rsqrt(add(variance, epsilon));
  const scale = gamma ? mul(inverse, gamma) : inverse;
  const scaled = mul(centred, scale);
  const count = sizeOf(over.map((axis) => x.shape[axis] ?? 1));
  const op: MoveOp = {
    kind: 'move',
    name: 'standardize',
    key: 'standardize',
    view: (input) => input,
    keepsOrder: true,
    gradient: (dy) => {
      const [all, along] = [sum(dy, over, { keepDims }), sum(mul(dy, centred), over, { keepDims })];
      // dx = scale·(dy − Σdy/n − (x − mean)·inverse²·Σdy·(x − mean)/n)
      const part = mul(scale, -1 / count);
      const slope = mul(mul(part, square(inverse)), along);
      const dx = add(mul(dy, scale), add(mul(centred, slope), mul(part, all)));
      const ofFactors = [...(gamma ? [mul(along, inverse)] : []), ...(beta ? [all] : [])];
      return [undefined, dx, ...ofFactors];
    },
  };
  const y = beta ? add(scaled, beta) : scaled;
  const inputs = [y, values, ...(gamma ? [gamma] : []), ...(beta ? [beta] : [])];
  return [applyOp(op, inputs, y.shape, 'float32'), average, variance];
}

function fitting(name: string, given: Node, { shape }: Node): readonly number[] {
  const skipped = shape.length - given.shape.length;
  if (skipped >= 0 && given.shape.every((extent, i) => extent === 1 || extent === shape[i + skipped])) return shape;
  throw new ShapeError(
    `standardize: ${name} must broadcast to the shape of the mean, ${showShape(shape)}; got ${showShape(given.shape)}`,
  );
}
