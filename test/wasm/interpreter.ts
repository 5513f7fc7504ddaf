// Runs what the function builder recorded, statement by statement, in plain TypeScript: the reference for the encoder.
// It reads the same data and shares no code with it. Values are bit patterns.

import type {
  ConstantValue,
  Expr,
  FunctionBuilder,
  Label,
  ResultType,
  Signature,
  Statement,
  ValueType,
} from '@treadle/wasm';
import { type Machine, Trap } from './lane-meaning.ts';
import { meaningOf } from './meaning.ts';
import { fromFloat, join, shapeOf } from './numbers.ts';

/** The functions of a module by index. */
export type Program = ReadonlyMap<number, FunctionBuilder>;

interface Frame {
  readonly locals: bigint[];
  result: bigint;
}

/** How a statement ended: it went on, left for a label, or returned. */
type Completion = Label | 'next' | 'return';

function constant(type: ValueType, value: ConstantValue): bigint {
  const { kind, bits, count } = shapeOf(type);
  const lanes = typeof value === 'object' ? value : Array.from({ length: count }, () => value);
  return join(
    lanes.map((lane) => (kind === 'f' ? fromFloat(Number(lane), bits) : BigInt.asUintN(bits, BigInt(lane)))),
    bits,
  );
}

function hasSignature(builder: FunctionBuilder, { params, result }: Signature): boolean {
  const types = ({ params, result }: Signature): string => [...params, result].map(kindOf).join();
  return types(builder) === types({ params, result });
}

/** Readings of the same vector are one type. */
function kindOf(type: ResultType): string {
  return type === 'void' || shapeOf(type).count === 1 ? type : 'v128';
}

/** Runs function `index` of the program; gives its result, 0 where it has none. */
export function invoke(machine: Machine, program: Program, index: number, args: readonly bigint[]): bigint {
  const builder = program.get(index);
  if (!builder) throw new Error(`no function ${index}`);
  const frame: Frame = { locals: [...args, ...builder.localTypes.map(() => 0n)], result: 0n };

  const evaluate = ({ node }: Expr<ResultType>): bigint => {
    switch (node.kind) {
      case 'const':
        return constant(node.type, node.value);
      case 'local.get':
        return frame.locals[node.index] ?? 0n;
      case 'call_indirect': {
        const [position = 0n, ...args] = node.args.map(evaluate).reverse();
        const func = machine.table[Number(position)];
        const target = func === undefined ? undefined : program.get(func);
        if (!target || !hasSignature(target, node.signature)) throw new Trap('no function of this signature');
        return invoke(machine, program, func ?? -1, args.reverse());
      }
      case 'call':
        return invoke(machine, program, node.func.index, node.args.map(evaluate));
      case 'select': {
        const [a, b, condition] = node.args.map(evaluate);
        return (condition === 0n ? b : a) ?? 0n;
      }
      case 'instruction':
        return meaningOf(node.name)(machine, node.args.map(evaluate), node);
    }
  };

  const run = (statements: readonly Statement[]): Completion => {
    for (const statement of statements) {
      const completion = step(statement);
      if (completion !== 'next') return completion;
    }
    return 'next';
  };

  const step = (s: Statement): Completion => {
    switch (s.kind) {
      case 'local.set':
        frame.locals[s.index] = evaluate(s.value);
        return 'next';
      case 'do':
        evaluate(s.value);
        return 'next';
      case 'if':
        return run(evaluate(s.condition) === 0n ? s.otherwise : s.body);
      case 'block': {
        let completion = run(s.body);
        while (completion === s.label && s.label.kind === 'loop') completion = run(s.body);
        return completion === s.label ? 'next' : completion;
      }
      case 'br':
        return s.condition && evaluate(s.condition) === 0n ? 'next' : s.label;
      case 'return':
        if (s.value) frame.result = evaluate(s.value);
        return 'return';
      case 'unreachable':
        throw new Trap('unreachable');
    }
  };

  run(builder.body);
  return frame.result;
}
