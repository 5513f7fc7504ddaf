// Every row of the instruction table, on random operands, against its meaning in plain TypeScript.

import { type Expr, f32, f64, type InstructionName, i32, i64, instruction, type ValueType, v128 } from '@treadle/wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areSameBytes } from '../support/bits.ts';
import { isBun } from '../support/bun.ts';
import { fromFloat, join, shapeOf, split, toFloat } from './numbers.ts';
import { apply, Choices, chooseLanes, chooseOffset, rows, tame, valueTypes, vectors } from './operands.ts';
import { engineMemory, fillMemories, instantiate, referenceMemory, runEngine, runReference, single } from './run.ts';

const operandsAt = 0x9000;
const resultAt = 0xa000;
const runs = process.env.TREADLE_TEST_LONG ? 200 : 8;

/** Words from which the extreme values of every type are made: 0, ±1, ±∞, NaN, ties, bounds of integers. */
const words = [
  ...[0, 1, 2, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0x0080_0000, 0x807f_ffff, 0x8080_8080, 0x7f7f_7f7f, 0x8000_7fff],
  ...[0x3f80_0000, 0xbf80_0000, 0x3f00_0000, 0x4020_0000, 0x4f00_0000, 0xcf00_0000, 0x4f80_0000, 0x5f00_0000],
  ...[0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7fa0_0000, 0x7f7f_ffff, 0x3ff0_0000, 0xbff0_0000, 0x3fe0_0000],
  ...[0x4004_0000, 0x41e0_0000, 0xc1e0_0000, 0x41f0_0000, 0x43e0_0000, 0x43f0_0000, 0x7ff0_0000, 0xfff8_0000],
];
const word = fc.oneof(fc.constantFrom(...words), fc.integer({ min: 0, max: 0xffff_ffff }));
const words4 = fc.array(word, { minLength: 4, maxLength: 4 });
/** Three operands of 16 bytes; in every other set the second equals the first. */
const operandSet = fc
  .tuple(words4, words4, words4, fc.boolean())
  .map(([a, b, c, twins]) => [...a, ...(twins ? a : b), ...c]);
const operandSets = fc.array(operandSet, { minLength: 8, maxLength: 8 });
const numbers = fc.array(fc.nat({ max: 0xffff }), { minLength: 24, maxLength: 24 });

function operandAt(type: ValueType, address: number): Expr<ValueType> {
  const loads = { i32: i32.load, i64: i64.load, f32: f32.load, f64: f64.load };
  const scalar = Object.entries(loads).find(([name]) => name === type);
  return scalar ? scalar[1](address) : v128.load(vectors.find((vector) => vector === type) ?? 'i32x4', address);
}

/** A function that reads the operands of one use of the instruction from memory and leaves its result there. */
function useOf(name: InstructionName, choices: Choices): ReturnType<typeof single> & { result: string } {
  const [, params, result, , accessed] = instruction(name);
  const vector = choices.of(vectors);
  const isWild = accessed !== undefined && choices.below(4) === 3; // addresses that may lie outside or be unaligned
  const operands = params.map((param, i) => {
    const type = param === 'v' ? vector : param === 'mask' ? choices.of(vectors) : param;
    const value = operandAt(type, operandsAt + 16 * i);
    return isWild && i === 0 ? i32.and(i32.load(operandsAt), 0x1_ffff) : tame(name, i, value);
  });
  const value = apply(name, operands, {
    vector,
    lanes: chooseLanes(name, choices),
    offset: chooseOffset(name, choices),
  });
  const built = single((f) => {
    if (result === 'void') return f.do(value);
    const type = valueTypes.find((t) => t === value.type);
    const stores = { i32: i32.store, i64: i64.store, f32: f32.store, f64: f64.store };
    f.do(
      apply(
        type && type in stores ? (`${type}.store` as InstructionName) : 'v128.store',
        [i32.const(resultAt), value],
        { vector, lanes: [], offset: 0 },
      ),
    );
  });
  return { ...built, result: value.type };
}

/** Which NaN an instruction computes is left to the machine: any is as good as the canonical one. */
function forgetNaN(memory: Uint8Array, type: string): void {
  const shape = shapeOf(type);
  if (shape.kind !== 'f') return;
  const bytes = { kind: 'i', bits: 8, count: (shape.bits / 8) * shape.count } as const;
  const value = join(Array.from(memory.subarray(resultAt, resultAt + bytes.count), BigInt), 8);
  const lanes = split(value, shape).map((lane) =>
    Number.isNaN(toFloat(lane, shape.bits)) ? fromFloat(NaN, shape.bits) : lane,
  );
  memory.set(split(join(lanes, shape.bits), bytes).map(Number), resultAt);
}

describe('the encoded instruction computes what its meaning says', () => {
  test.for(rows)('%s', (name, { skip }) => {
    skip(isBun && name === 'i32x4.relaxed_trunc_f32x4_u');
    fc.assert(
      fc.property(numbers, operandSets, (choices, sets) => {
        const { module, program, result } = useOf(name, new Choices(choices));
        const main = instantiate(module).main ?? expect.fail('no main');
        for (const set of sets) {
          fillMemories(new Uint8Array(Uint32Array.from(set).buffer));
          expect(runEngine(main)).toBe(runReference(program, 0));
          if (result !== 'void') for (const memory of [engineMemory, referenceMemory]) forgetNaN(memory, result);
          expect(areSameBytes(engineMemory, referenceMemory)).toBe(true);
        }
      }),
      { numRuns: runs },
    );
  });
});
