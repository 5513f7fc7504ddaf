// Losses of figures that are predicted as they are: distances, squared or not, averaged over the last axis.

import { type Loss, type LossOptions, meanOfLast, pairUp, reducer } from './loss.ts';

/** (yPred − yTrue)², averaged over the last axis, then reduced. */
export function meanSquaredError({ reduction }: LossOptions = {}): Loss {
  const reduce = reducer('meanSquaredError', reduction);
  return (yTrue, yPred) => {
    const { target, prediction } = pairUp('meanSquaredError', yTrue, yPred);
    return reduce(meanOfLast(prediction.sub(target).square()));
  };
}

/** |yPred − yTrue|, averaged over the last axis, then reduced; where both are equal the gradient is 0. */
export function meanAbsoluteError({ reduction }: LossOptions = {}): Loss {
  const reduce = reducer('meanAbsoluteError', reduction);
  return (yTrue, yPred) => {
    const { target, prediction } = pairUp('meanAbsoluteError', yTrue, yPred);
    return reduce(meanOfLast(prediction.sub(target).abs()));
  };
}
