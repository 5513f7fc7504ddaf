// How far predictions are off: the mean over the last axis, then over samples.

import { type OptionKinds, readOptions, type Tensor } from '@treadle/tensor';
import { type Metric, meanMetric, meanOfLast, pairUp } from './metric.ts';

export interface ErrorOptions {
  readonly name?: string;
}

const errorOptions: OptionKinds<ErrorOptions> = {
  name: 'string',
};

/** What a relative figure is divided by at least, and what a logarithm is taken of: Keras's epsilon. */
const epsilon = 1e-7;

/** The mean of one figure for each element of target and prediction, both float32. */
function elementwise(
  op: string,
  name: string,
  figure: (y: Tensor, p: Tensor) => Tensor,
  finish?: (mean: number) => number,
): Metric {
  const figures = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const [target, prediction] = pairUp(op, yTrue, yPred);
    return meanOfLast(figure(target.cast('float32'), prediction.cast('float32')));
  };
  return meanMetric(name, figures, finish);
}

/** (yPred − yTrue)² */
export function meanSquaredError(options: ErrorOptions = {}): Metric {
  const { name = 'meanSquaredError' } = readOptions('meanSquaredError', options, errorOptions);
  return elementwise('meanSquaredError', name, (y, p) => p.sub(y).square());
}

/** √ of the mean of (yPred − yTrue)² over all there is */
export function rootMeanSquaredError(options: ErrorOptions = {}): Metric {
  const { name = 'rootMeanSquaredError' } = readOptions('rootMeanSquaredError', options, errorOptions);
  return elementwise('rootMeanSquaredError', name, (y, p) => p.sub(y).square(), Math.sqrt);
}

/** |yPred − yTrue| */
export function meanAbsoluteError(options: ErrorOptions = {}): Metric {
  const { name = 'meanAbsoluteError' } = readOptions('meanAbsoluteError', options, errorOptions);
  return elementwise('meanAbsoluteError', name, (y, p) => p.sub(y).abs());
}

/** 100·|yTrue − yPred| / |yTrue|, where yTrue counts as 10⁻⁷ at least */
export function meanAbsolutePercentageError(options: ErrorOptions = {}): Metric {
  const { name = 'meanAbsolutePercentageError' } = readOptions('meanAbsolutePercentageError', options, errorOptions);
  const figure = (y: Tensor, p: Tensor): Tensor => y.sub(p).div(y.abs().maximum(epsilon)).abs().mul(100);
  return elementwise('meanAbsolutePercentageError', name, figure);
}

/** (ln(1 + yTrue) − ln(1 + yPred))², figures below 10⁻⁷ counting as that */
export function meanSquaredLogarithmicError(options: ErrorOptions = {}): Metric {
  const { name = 'meanSquaredLogarithmicError' } = readOptions('meanSquaredLogarithmicError', options, errorOptions);
  const logarithm = (x: Tensor): Tensor => x.maximum(epsilon).log1p();
  return elementwise('meanSquaredLogarithmicError', name, (y, p) => logarithm(y).sub(logarithm(p)).square());
}

/** (yTrue·yPred) / (‖yTrue‖·‖yPred‖) along the last axis: 1 where they point alike, −1 where opposite; 0 for a vector of 0 */
export function cosineSimilarity(options: ErrorOptions = {}): Metric {
  const { name = 'cosineSimilarity' } = readOptions('cosineSimilarity', options, errorOptions);
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('cosineSimilarity', yTrue, yPred);
    const unit = (x: Tensor): Tensor =>
      x.div(
        x
          .square()
          .sum(-1, { keepDims: true })
          .maximum(epsilon ** 2)
          .sqrt(),
      );
    return unit(target.cast('float32')).mul(unit(prediction)).sum(-1);
  });
}
