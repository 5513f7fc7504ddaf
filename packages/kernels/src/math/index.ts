// The elementary functions in lanes: (f, x) → an expression for four results, at most 2 ulp (erfc: 2.05) from the truth for every float32,
// the same bits on every machine (no FMA) and for every neighbour. All but pow are straight-line float32 code (sin, cos and
// tan where no angle is large, see rare.ts), which V8's revectorizer joins with the same code on the next 16 bytes into
// 256-bit instructions (Node ≥ 24, x86 with AVX2). What it joins, as seen with --trace-wasm-revectorize in V8 of Node 26:
// - every f32x4 instruction, every i32x4 one tried (shifts by equal constants; trunc_sat and convert too), bitwise ones,
//   bitselect, shuffles within 16 bytes, constants, f64x2 and i64x2 arithmetic;
// - not f64x2 nearest, promote, demote and convert_low, i64x2 shr_s and extensions, swizzle, nor a value that leaves an `if`:
//   one of them between loads and store, and nothing that leads to that store is joined.
// - It joins where joined operations outnumber outside uses of the upper of two values. A local set in a loop body counts as
//   such a use (its phi at the loop's head, even a dead one), so a kernel of few operations should not `let` them all.
// Nanoseconds an element, one core, joined | not: exp 0.8 | 1.5, tanh 1.3 | 2.3, log 1.1 | 2.1, sigmoid 1.0 | 1.9,
// erf 1.7 | 3.0, softplus 1.8 | 3.3, sin 0.8 | 1.5; pow 7.4 either way. About half of it is V8 making the constants anew
// in every round of a loop: set to locals in front of the loop they give exp 0.40 | 0.78, tanh 0.69 | 1.36, pow 5.6.

export { erf } from './erf.ts';
export { erfc } from './erfc.ts';
export { exp, expm1 } from './exp.ts';
export { log, log1p } from './log.ts';
export { normalPair } from './normal.ts';
export { pow } from './pow.ts';
export { sigmoid, softplus } from './sigmoid.ts';
export { tanh } from './tanh.ts';
export { cos, sin, tan } from './trigonometric.ts';
