// Keras's update rules, written down once more, on figures that carry their rounding errors.

import { add, div, exact, expm1, type Figure, given, mul, sqrt, sub } from './running-error.ts';

/** A variable of one element: its value and what is kept for it. */
export interface Particle {
  readonly x: Figure;
  readonly state: readonly Figure[];
}

export type Move = (particle: Particle, gradient: Figure, step: number) => Particle;

const zero = exact(0);

export function sgdMove(learningRate: number, momentum = 0, nesterov = false, weightDecay = 0): Move {
  const rate = given(learningRate);
  return ({ x, state: [previous = zero] }, g) => {
    const decayed = weightDecay > 0 ? sub(x, mul(x, mul(rate, given(weightDecay)))) : x;
    const step = mul(g, rate);
    if (momentum === 0) return { x: sub(decayed, step), state: [] };
    const move = sub(mul(previous, given(momentum)), step);
    const taken = nesterov ? sub(mul(move, given(momentum)), step) : move;
    return { x: add(decayed, taken), state: [move] };
  };
}

export function adamMove(learningRate: number, beta1: number, beta2: number, epsilon: number): Move {
  // 1 − βᵗ = −(e^(t·ln β) − 1)
  const correction = (beta: number, t: number): Figure => {
    const { value, error } = expm1(mul(exact(t), given(Math.log(beta))));
    return { value: -value, error };
  };
  return ({ x, state: [m = zero, v = zero] }, g, t) => {
    const alpha = div(mul(given(learningRate), sqrt(correction(beta2, t))), correction(beta1, t));
    const mean = add(m, mul(sub(g, m), given(1 - beta1)));
    const meanSquare = add(v, mul(sub(mul(g, g), v), given(1 - beta2)));
    const move = div(mul(mean, alpha), add(sqrt(meanSquare), given(epsilon)));
    return { x: sub(x, move), state: [mean, meanSquare] };
  };
}
