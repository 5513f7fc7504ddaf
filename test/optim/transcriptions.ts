// Keras's update rules, written down once more, on figures that carry their rounding errors.

import {
  abs,
  add,
  div,
  exact,
  exp,
  expm1,
  type Figure,
  given,
  max,
  mul,
  neg,
  sign,
  sqrt,
  sub,
} from './running-error.ts';

/** A variable of one element: its value and what is kept for it. */
export interface Particle {
  readonly x: Figure;
  readonly state: readonly Figure[];
}

export type Move = (particle: Particle, gradient: Figure, step: number) => Particle;

const zero = exact(0);

/** 1 − βᵗ = −(e^(t·ln β) − 1) */
const correction = (beta: number, t: number): Figure => neg(expm1(mul(exact(t), given(Math.log(beta)))));
/** β·m + (1 − β)·x, as m + (1 − β)(x − m) */
const nextMean = (m: Figure, x: Figure, beta: number): Figure => add(m, mul(sub(x, m), given(1 - beta)));

/** Any rule with weights that decay beside it. */
export function decaying(weightDecay: number, learningRate: number, move: Move): Move {
  const lost = mul(given(learningRate), given(weightDecay));
  return (particle, g, t) => move({ ...particle, x: sub(particle.x, mul(particle.x, lost)) }, g, t);
}

export function sgdMove(learningRate: number, momentum = 0, nesterov = false): Move {
  const rate = given(learningRate);
  return ({ x, state: [previous = zero] }, g) => {
    const step = mul(g, rate);
    if (momentum === 0) return { x: sub(x, step), state: [] };
    const move = sub(mul(previous, given(momentum)), step);
    const taken = nesterov ? sub(mul(move, given(momentum)), step) : move;
    return { x: add(x, taken), state: [move] };
  };
}

/** Gradient descent whose rate is η / (1 + decay·t). */
export function fadingMove(learningRate: number, decay: number): Move {
  return (particle, g, t) => {
    const rate = mul(div(exact(1), add(mul(exact(t - 1), given(decay)), exact(1))), given(learningRate));
    return { x: sub(particle.x, mul(g, rate)), state: [] };
  };
}

export function adamMove(learningRate: number, beta1: number, beta2: number, epsilon: number, amsgrad = false): Move {
  return ({ x, state: [m = zero, v = zero, largest = zero] }, g, t) => {
    const alpha = div(mul(given(learningRate), sqrt(correction(beta2, t))), correction(beta1, t));
    const mean = nextMean(m, g, beta1);
    const meanSquare = nextMean(v, mul(g, g), beta2);
    const scale = amsgrad ? max(largest, meanSquare) : meanSquare;
    const move = div(mul(mean, alpha), add(sqrt(scale), given(epsilon)));
    return { x: sub(x, move), state: amsgrad ? [mean, meanSquare, scale] : [mean, meanSquare] };
  };
}

export function rmspropMove(learningRate: number, rho: number, epsilon: number, momentum = 0, centered = false): Move {
  return ({ x, state }, g) => {
    const meanSquare = nextMean(state[0] ?? zero, mul(g, g), rho);
    const mean = centered ? [nextMean(state[1] ?? zero, g, rho)] : [];
    const spread = mean.reduce((v, m) => sub(v, mul(m, m)), meanSquare);
    const step = div(mul(g, given(learningRate)), sqrt(add(spread, given(epsilon))));
    if (momentum === 0) return { x: sub(x, step), state: [meanSquare, ...mean] };
    const move = add(mul(state[mean.length + 1] ?? zero, given(momentum)), step);
    return { x: sub(x, move), state: [meanSquare, ...mean, move] };
  };
}

export function adagradMove(learningRate: number, initial: number, epsilon: number): Move {
  return ({ x, state: [s = given(initial)] }, g) => {
    const sum = add(s, mul(g, g));
    return { x: sub(x, div(mul(g, given(learningRate)), sqrt(add(sum, given(epsilon))))), state: [sum] };
  };
}

export function adadeltaMove(learningRate: number, rho: number, epsilon: number): Move {
  return ({ x, state: [v = zero, d = zero] }, g) => {
    const meanSquare = nextMean(v, mul(g, g), rho);
    const move = div(mul(g, sqrt(add(d, given(epsilon)))), sqrt(add(meanSquare, given(epsilon))));
    return { x: sub(x, mul(move, given(learningRate))), state: [meanSquare, nextMean(d, mul(move, move), rho)] };
  };
}

export function adamaxMove(learningRate: number, beta1: number, beta2: number, epsilon: number): Move {
  return ({ x, state: [m = zero, l = zero] }, g, t) => {
    const mean = nextMean(m, g, beta1);
    const largest = max(mul(l, given(beta2)), abs(g));
    const alpha = div(given(learningRate), correction(beta1, t));
    return { x: sub(x, div(mul(mean, alpha), add(largest, given(epsilon)))), state: [mean, largest] };
  };
}

export function nadamMove(learningRate: number, beta1: number, beta2: number, epsilon: number): Move {
  const one = exact(1);
  const half = (t: number): Figure => add(mul(exp(mul(exact(t), given(Math.log(0.96)))), exact(-0.5)), one);
  const momentum = (t: number): Figure => mul(half(t), given(beta1)); // β₁·(1 − 0.96ᵗ / 2)
  return ({ x, state: [m = zero, v = zero] }, g, t) => {
    const product = Array.from({ length: t }, (_, i) => momentum(i + 1)).reduce(mul, one);
    const mean = nextMean(m, g, beta1);
    const meanSquare = nextMean(v, mul(g, g), beta2);
    const ofMean = div(momentum(t + 1), sub(one, mul(product, momentum(t + 1))));
    const ofGradient = div(sub(one, momentum(t)), sub(one, product));
    const ahead = add(mul(mean, ofMean), mul(g, ofGradient));
    const scale = add(sqrt(div(meanSquare, correction(beta2, t))), given(epsilon));
    return { x: sub(x, div(mul(ahead, given(learningRate)), scale)), state: [mean, meanSquare] };
  };
}

export function lionMove(learningRate: number, beta1: number, beta2: number): Move {
  return ({ x, state: [m = zero] }, g) => {
    const direction = sign(add(mul(m, given(beta1)), mul(g, given(1 - beta1))));
    return { x: sub(x, mul(direction, given(learningRate))), state: [nextMean(m, g, beta2)] };
  };
}
