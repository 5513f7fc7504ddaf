// The step table of a plan as text, decoded from the words that every thread reads in a run: phases, their steps, and loops with
// the phases of one round.

import {
  changingWordBytes,
  head,
  loopRecord,
  noRecord,
  phaseBytes,
  phaseList,
  phaseRecord,
  stepBytes,
  stepRecord,
} from '../plan/step-table.ts';

/**
 * A line for each step: its number, the function that it calls, how many tiles it has, and the byte offset of its window (from
 * the begin of the table, or in a loop of a thread's windows of that loop).
 *
 * @param names what each step is called, by its number
 */
export function showTable(words: readonly number[], names: readonly string[]): string {
  const threadBytes = words[head.threadBytes / 4] ?? 0;
  const title = `${4 * words.length} bytes${threadBytes > 0 ? `, ${threadBytes} bytes of windows for each thread` : ''}`;
  return [title, ...listAt(words, names, head.list)].join('\n');
}

/** The phases of the list at a byte offset. */
function listAt(words: readonly number[], names: readonly string[], at: number): readonly string[] {
  const word = (byteOffset: number): number => words[byteOffset / 4] ?? 0;
  const lines: string[] = [];
  let step = word(at + phaseList.steps);
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
    for (const end = word(phase + phaseRecord.stepsEnd); step < end; step += stepBytes) {
      const index = word(step + stepRecord.index);
      const record = word(step + stepRecord.record) === noRecord ? '' : ', may refuse';
      const calls = `function ${word(step + stepRecord.func)}, ${word(step + stepRecord.tiles)} tiles`;
      lines.push(`  ${index} ${names[index] ?? ''}: ${calls}, window at ${word(step + stepRecord.window)}${record}`);
    }
  }
  return lines;
}
