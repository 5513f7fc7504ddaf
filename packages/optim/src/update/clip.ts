// Gradient clipping: by element, by the norm of each gradient, or by the norm of all gradients together.

import type { Tensor } from '@treadle/tensor';
import type { OptimizerOptions } from './optimizer-options.ts';

/** Clips the gradients of one step. */
export type Clip = (gradients: readonly Tensor[]) => readonly Tensor[];

/** The clipping of the options; none by default. Throws RangeError for a bound that is not above 0, and for more than one bound. */
export function clipOf(name: string, { clipValue, clipNorm, globalClipNorm }: OptimizerOptions): Clip {
  const bounds = Object.entries({ clipValue, clipNorm, globalClipNorm }).filter(([, bound]) => bound !== undefined);
  if (bounds.length > 1) {
    throw new RangeError(
      `${name}: gradients are clipped in one way; got ${bounds.map(([which]) => which).join(' and ')}`,
    );
  }
  for (const [which, bound = 0] of bounds) {
    if (!(bound > 0)) throw new RangeError(`${name}: ${which} must be above 0; got ${bound}`);
  }
  if (clipValue !== undefined) return (gradients) => gradients.map((g) => g.clip(-clipValue, clipValue));
  if (clipNorm !== undefined) return (gradients) => gradients.map((g) => clipByNorm(g, squares(g), clipNorm));
  if (globalClipNorm === undefined) return (gradients) => gradients;
  return (gradients) => {
    const [first, ...others] = gradients.map(squares);
    if (!first) return gradients;
    const all = others.reduce((sum, one) => sum.add(one), first);
    return gradients.map((g) => clipByNorm(g, all, globalClipNorm));
  };
}

/** ‖g‖², 0-d. */
function squares(g: Tensor): Tensor {
  return g.square().sum();
}

/** g·c / max(‖g‖, c), given ‖g‖² */
function clipByNorm(g: Tensor, normSquare: Tensor, bound: number): Tensor {
  return g.mul(normSquare.sqrt().maximum(bound).reciprocal().mul(bound));
}
