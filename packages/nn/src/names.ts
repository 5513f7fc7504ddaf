// Names that are each used once: the name itself, then with 1, 2, … after it.

/** `name`, or the first of name1, name2, … that is not taken; it is taken from then on. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}${i}`;
  taken.add(free);
  return free;
}
