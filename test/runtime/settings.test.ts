// The settings in the environment that concern threads: what they change, what goes before them, and what is refused.

import { host, Team } from '@treadle/runtime';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isLinux, nativeThreads, niceOf } from './linux-threads.ts';
import { gathering, withTable } from './programs.ts';

/** From now on, the environment holds these variables alone. */
function setEnvironment(variables: Readonly<Record<string, string>>): void {
  vi.spyOn(host, 'environment').mockImplementation((name) => variables[name]);
}

afterEach(() => void vi.restoreAllMocks());

describe('TREADLE_THREADS', () => {
  test('is the number of threads, from 1 to 1024', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), (threads) => {
        setEnvironment({ TREADLE_THREADS: String(threads) });
        expect(new Team().threads()).toBe(threads);
      }),
    );
  });

  test('is read when a team is first used, and the cores count without it', () => {
    const team = new Team();
    setEnvironment({ TREADLE_THREADS: '5' });
    expect(team.threads()).toBe(5);
    setEnvironment({});
    expect(team.threads()).toBe(5);
    expect(new Team().threads()).toBe(host.cores());
    setEnvironment({ TREADLE_THREADS: '' });
    expect(new Team().threads()).toBe(host.cores());
  });

  test.each(['5', 'many'])('counts less than the number that a program sets; it says %s', (variable) => {
    setEnvironment({ TREADLE_THREADS: variable });
    expect(new Team({ threads: 3 }).threads()).toBe(3);
    const team = new Team();
    team.setThreads(2);
    expect(team.threads()).toBe(2);
  });

  test('of any other text is an error that says what is allowed', () => {
    const wrong = fc.oneof(
      fc.constantFrom('0', '-1', '1.5', '1025', '1e2', ' 2', 'all', '0x2', 'Infinity'),
      fc.string({ minLength: 1 }).filter((text) => !/^\d+$/.test(text)),
    );
    fc.assert(
      fc.property(wrong, (text) => {
        setEnvironment({ TREADLE_THREADS: text });
        const message = `TREADLE_THREADS: must be a whole number from 1 to 1024; got '${text}'; left unset, `;
        expect(() => new Team().threads()).toThrow(message);
        expect(() => new Team().threads()).toThrow(RangeError);
      }),
    );
  });
});

describe.runIf(isLinux)('the priority', () => {
  /** How much lower the priority of each worker of a team is than that of this thread, in nice values. */
  const loweredBy = async (team: Team, threads: number): Promise<readonly number[]> => {
    const before = nativeThreads();
    const program = gathering(threads);
    await withTable(program, 1 + threads, (table) => team.run(program, table)); // all threads meet
    const added = [...nativeThreads()].filter((thread) => !before.has(thread));
    return added.map((thread) => niceOf(thread) - niceOf(process.pid));
  };

  test.each([
    ['of workers is that of the process by default', {}, undefined, 0],
    ['is lower with TREADLE_PRIORITY=low', { TREADLE_PRIORITY: 'low' }, undefined, 10],
    ['is lower where a program sets it', {}, 'low' as const, 10],
    ['that a program sets goes before the environment', { TREADLE_PRIORITY: 'low' }, 'normal' as const, 0],
  ])('%s', async (_, variables, priority, lower) => {
    setEnvironment(variables);
    const team = new Team();
    team.setThreads(3, priority);
    expect(await loweredBy(team, 3)).toEqual([lower, lower]);
    await team.shutdown();
  });

  test('may change back and forth, and the threads of the one before end', async () => {
    const team = new Team({ threads: 3 });
    const before = nativeThreads().size;
    for (const [priority, lower] of [['low', 10] as const, ['normal', 0] as const, ['low', 10] as const]) {
      team.setThreads(3, priority);
      expect(await loweredBy(team, 3)).toEqual([lower, lower]);
      team.setThreads(3); // which leaves the priority as it is
      expect(await loweredBy(team, 3)).toEqual([]);
    }
    await team.shutdown();
    expect(nativeThreads().size).toBe(before);
  });

  test('of another name is an error that says which there are', () => {
    setEnvironment({ TREADLE_PRIORITY: 'high' });
    const message = "TREADLE_PRIORITY: must be normal or low; got 'high'; low leaves";
    expect(() => new Team().threads()).toThrow(message);
  });
});
