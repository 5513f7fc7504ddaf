// Losses of figures that are predicted as they are: distances, squared or not, relative or not, averaged over the last axis.

import type { OptionKinds, Tensor } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf, lossOptions, meanOfLast, readLossOptions } from './loss.ts';
import { ofProbabilities } from './probabilities.ts';

/** What a relative figure is divided by at least, and what a logarithm is taken of: Keras's epsilon. */
const epsilon = 1e-7;

/** A loss that is the mean over the last axis of one figure for each element. */
function elementwise(name: string, figure: (y: Tensor, p: Tensor) => Tensor, options: LossOptions): Loss {
  return lossOf(name, options, (target, prediction) => meanOfLast(figure(target, prediction)));
}

/** (yPred − yTrue)², averaged over the last axis, then reduced. */
export function meanSquaredError(options: LossOptions = {}): Loss {
  return elementwise('meanSquaredError', (y, p) => p.sub(y).square(), options);
}

/** |yPred − yTrue|, averaged over the last axis, then reduced; where both are equal the gradient is 0. */
export function meanAbsoluteError(options: LossOptions = {}): Loss {
  return elementwise('meanAbsoluteError', (y, p) => p.sub(y).abs(), options);
}

/** 100·|yTrue − yPred| / |yTrue|, where yTrue counts as 10⁻⁷ at least; averaged over the last axis, then reduced. */
export function meanAbsolutePercentageError(options: LossOptions = {}): Loss {
  return elementwise(
    'meanAbsolutePercentageError',
    (y, p) => y.sub(p).div(y.abs().maximum(epsilon)).abs().mul(100),
    options,
  );
}

/** (ln(1 + yTrue) − ln(1 + yPred))², figures below 10⁻⁷ counting as that; averaged over the last axis, then reduced. */
export function meanSquaredLogarithmicError(options: LossOptions = {}): Loss {
  const logarithm = (x: Tensor): Tensor => x.maximum(epsilon).log1p();
  return elementwise('meanSquaredLogarithmicError', (y, p) => logarithm(y).sub(logarithm(p)).square(), options);
}

export interface HuberOptions extends LossOptions {
  /** from which distance on the loss grows in a straight line; 1 by default */
  readonly delta?: number;
}

const huberOptions: OptionKinds<HuberOptions> = {
  ...lossOptions,
  delta: 'number',
};

/**
 * d² / 2 where d = |yPred − yTrue| ≤ δ, δ·d − δ² / 2 beyond (P. Huber, 1964); averaged over the last axis, then reduced. Throws
 * RangeError for a delta that is not above 0.
 */
export function huber(given: HuberOptions = {}): Loss {
  const { delta = 1, ...options } = readLossOptions('huber', given, huberOptions);
  if (!(delta > 0)) throw new RangeError(`huber: delta must be above 0; got ${delta}`);
  return elementwise(
    'huber',
    (y, p) => {
      const distance = p.sub(y).abs();
      const near = distance.minimum(delta); // near·(d − near / 2) is both branches in one
      return near.mul(distance.sub(near.mul(0.5)));
    },
    options,
  );
}

/** ln cosh(yPred − yTrue): about d² / 2 when small, |d| − ln 2 when large; averaged over the last axis, then reduced. */
export function logCosh(options: LossOptions = {}): Loss {
  return elementwise(
    'logCosh',
    (y, p) => {
      const distance = p.sub(y).abs();
      const e = distance.mul(-2).expm1(); // ln cosh d = d + ln((1 + e^−2d) / 2) = d + ln(1 + (e^−2d − 1) / 2)
      return distance.add(e.mul(0.5).log1p());
    },
    options,
  );
}

/** yPred − yTrue·ln yPred, with 10⁻⁷ added to the logarithm’s argument: for counts; averaged over the last axis, then reduced. */
export function poisson(options: LossOptions = {}): Loss {
  return elementwise('poisson', (y, p) => p.sub(y.mul(p.add(epsilon).log())), options);
}

/** Σ yTrue·ln(yTrue / yPred) over the last axis, both kept between 10⁻⁷ and 1; then reduced. */
export function klDivergence(options: LossOptions = {}): Loss {
  const loss = lossOf('klDivergence', options, (target, prediction) => {
    const [y, p] = [target.clip(epsilon, 1), prediction.clip(epsilon, 1)];
    const terms = y.mul(y.div(p).log());
    return terms.rank === 0 ? terms : terms.sum(-1);
  });
  return ofProbabilities('klDivergence', undefined, loss);
}

/** −(yTrue·yPred) / (‖yTrue‖·‖yPred‖) along the last axis: from −1, alike, to 1, opposite; then reduced. */
export function cosineSimilarity(options: LossOptions = {}): Loss {
  return lossOf('cosineSimilarity', options, (target, prediction) => {
    const vector = (x: Tensor): Tensor => (x.rank === 0 ? x.expandDims(0) : x);
    const unit = (x: Tensor): Tensor =>
      x.div(
        x
          .square()
          .sum(-1, { keepDims: true })
          .maximum(epsilon ** 2)
          .sqrt(),
      );
    return unit(vector(target))
      .mul(unit(vector(prediction)))
      .sum(-1)
      .neg();
  });
}
