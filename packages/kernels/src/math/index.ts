// The elementary functions in lanes: (f, x) → an expression for four results. For every float32 the error is at most 2 ulp (erfc:
// 2.05). The bits are the same on every machine (no FMA) and do not depend on neighbouring lanes. All but pow, mod and integer
// powers are straight-line code (sin, cos and tan where no angle is large, see elementwise/slow-path.ts), which V8 can join with
// the same code on the next 16 bytes into 256-bit instructions. What V8 joins, and what that gains, is in V8.md.

export { erf } from './erf.ts';
export { erfc } from './erfc.ts';
export { exp, expm1 } from './exp.ts';
export { integerPower } from './integer-power.ts';
export { log, log1p } from './log.ts';
export { integerMod, mod } from './mod.ts';
export { pow } from './pow.ts';
export { randomNormal, randomUniform, type WordPair } from './random.ts';
export { sigmoid, softplus } from './sigmoid.ts';
export { tanh } from './tanh.ts';
export { cos, sin, tan } from './trigonometric.ts';
