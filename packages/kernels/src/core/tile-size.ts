// How large tiles are. Claiming a tile costs a thread some hundred nanoseconds, so a tile takes some microseconds; more tiles
// than several times the cores of a large machine gain nothing. Sizes depend on shapes alone, never on the number of threads.

/** Floating-point operations of a tile of products, at least: about 5 µs, the least that is worth claiming. */
export const tileFlops = 500_000;

/** The most tiles that a kernel of products is cut into. */
export const mostTiles = 64;
