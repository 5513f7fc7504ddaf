// The protocol of a peer: a process that reads its inputs from files, writes its result to a file, and times itself
// on request. Requests are lines of JSON on its standard input. Answers are lines of JSON on its standard output
// after a mark, because libraries print there too. A peer knows no other peers, no rounds, and not which result is
// right.

import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Bench } from 'tinybench';
import type { Input, Inputs, Row } from './row.ts';

/** Every answer begins with this. */
export const mark = '@@';

export type Request =
  | {
      readonly ask: 'prepare';
      readonly row: Row;
      readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly path: string }>>;
      readonly output: string;
    }
  | { readonly ask: 'time'; readonly milliseconds: number };

export type Answer = { readonly ms: number } | { readonly cannot: string } | { readonly ready: true };

/** A row that a peer is ready to compute. */
export interface Prepared {
  /** computes the row once; ends when the result is in the memory of the peer */
  readonly run: () => unknown;
  /** the result of a new computation; for a training step, the losses of the first steps */
  readonly result: () => Float32Array | Promise<Float32Array>;
  readonly isAsync?: boolean;
}

/** Thrown when a peer does not support a row. The message is the reason. */
export class Cannot extends Error {}

export type Prepare = (row: Row, inputs: Inputs) => Prepared | Promise<Prepared>;

/** Answers requests until the standard input ends. */
export async function serve(prepare: Prepare): Promise<void> {
  let prepared: Prepared | undefined;
  const answerTo = async (request: Request): Promise<Answer> => {
    if (request.ask === 'time') return { ms: await time(prepared, request.milliseconds) };
    prepared = await prepare(request.row, readInputs(request.inputs));
    writeFileSync(request.output, await prepared.result());
    return { ready: true };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await answerTo(JSON.parse(line)).catch((error: unknown): Answer => ({ cannot: reasonOf(error) }));
    process.stdout.write(`\n${mark}${JSON.stringify(answer)}\n`);
  }
  process.exit();
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function readInputs(files: Extract<Request, { ask: 'prepare' }>['inputs']): Inputs {
  const read = ({ shape, path }: { readonly shape: readonly number[]; readonly path: string }): Input => {
    const bytes = new Uint8Array(readFileSync(path));
    return { shape, values: new Float32Array(bytes.buffer) };
  };
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, read(file)]));
}

/** The median time of a run in milliseconds. */
async function time(prepared: Prepared | undefined, milliseconds: number): Promise<number> {
  if (!prepared) throw new Error('internal: nothing is prepared');
  const { run, isAsync = false } = prepared;
  const bench = new Bench({ time: milliseconds, iterations: 1, warmupTime: milliseconds / 5, warmupIterations: 1 });
  bench.add('run', isAsync ? async () => run() : () => void run());
  const [task] = isAsync ? await bench.run() : bench.runSync();
  if (task?.result.state !== 'completed') throw new Error('the measurement failed', { cause: task?.result });
  return task.result.latency.p50;
}
