// The phase table of a plan as text, decoded from the words that every thread reads in a run: phases, their kernels, and loops with
// the phases of one round.

import {
  changingWordBytes,
  head,
  kernelRecord,
  kernelRecordBytes,
  loopRecord,
  noRecord,
  phaseBytes,
  phaseList,
  phaseRecord,
} from '../plan/phase-table.ts';

/**
 * A line for each kernel: its number, the function that it calls, how many tiles it has, and the byte offset of its address list (from
 * the begin of the table, or in a loop of a thread's address lists of that loop).
 *
 * @param names what each kernel is called, by its number
 */
export function showTable(words: readonly number[], names: readonly string[]): string {
  const threadBytes = words[head.threadBytes / 4] ?? 0;
  const title = `${4 * words.length} bytes${threadBytes > 0 ? `, ${threadBytes} bytes of address lists for each thread` : ''}`;
  return [title, ...listAt(words, names, head.list)].join('\n');
}

/** The phases of the list at a byte offset. */
function listAt(words: readonly number[], names: readonly string[], at: number): readonly string[] {
  const word = (byteOffset: number): number => words[byteOffset / 4] ?? 0;
  const lines: string[] = [];
  let kernel = word(at + phaseList.kernels);
  for (
    let phase = word(at + phaseList.phases), p = 1;
    phase < word(at + phaseList.phasesEnd);
    phase += phaseBytes, p++
  ) {
    lines.push(`phase ${p}`);
    const loop = word(phase + phaseRecord.loop);
    if (loop > 0) {
      const fixed = (word(loop + loopRecord.fixedEnd) - word(loop + loopRecord.fixed)) / 8;
      const changing = (word(loop + loopRecord.changingEnd) - word(loop + loopRecord.changing)) / changingWordBytes;
      lines.push(
        `  loop of ${word(loop + loopRecord.iterations)} iterations; ${fixed} words fixed, ${changing} changing`,
      );
      lines.push(...listAt(words, names, loop + loopRecord.list).map((line) => `    ${line}`));
    }
    for (const end = word(phase + phaseRecord.kernelsEnd); kernel < end; kernel += kernelRecordBytes) {
      const index = word(kernel + kernelRecord.index);
      const record = word(kernel + kernelRecord.record) === noRecord ? '' : ', may refuse';
      const calls = `function ${word(kernel + kernelRecord.func)}, ${word(kernel + kernelRecord.tiles)} tiles`;
      lines.push(
        `  ${index} ${names[index] ?? ''}: ${calls}, address list at ${word(kernel + kernelRecord.addressList)}${record}`,
      );
    }
  }
  return lines;
}
