// The three dtypes, and how they mix: bool < int32 < float32. Every element takes 4 bytes; a bool is a mask, 0 or −1.

export type Dtype = 'float32' | 'int32' | 'bool';

const rank = { bool: 0, int32: 1, float32: 2 } as const;

/** The dtype that holds the values of both. */
export function promote(a: Dtype, b: Dtype): Dtype {
  return rank[a] >= rank[b] ? a : b;
}
