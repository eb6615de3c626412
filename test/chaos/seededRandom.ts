/** Chance that repeats itself: the same seed gives the same numbers. */
export interface SeededRandom {
  /** From 0, included, to 1, excluded. */
  readonly next: () => number;
  /** A whole number between these, both included. */
  readonly between: (least: number, most: number) => number;
  /** One of a list that is not empty. */
  readonly pick: <Item>(list: readonly Item[]) => Item;
  /** The list in another order. */
  readonly shuffle: <Item>(list: readonly Item[]) => Item[];
}

/** Mulberry32: small, and good enough to choose moments. @param seed a whole number of 32 bits */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick(list) {
      const item = list[between(0, list.length - 1)];
      if (item === undefined) throw new RangeError("there is nothing to pick");
      return item;
    },
    shuffle(list) {
      return list
        .map((item) => ({ item, order: next() }))
        .sort((a, b) => a.order - b.order)
        .map(({ item }) => item);
    },
  };
}
