/**
 * Goes through any number of rows, one page at a time, so that only one page is ever in memory.
 *
 * @param readPage reads the rows after the last one of the page before; the first one if there was none. An empty page ends it
 */
export async function* pages<Row>(
  readPage: (last: Row | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<Row, undefined> {
  let last: Row | undefined;
  for (;;) {
    const page = await readPage(last);
    if (page.length === 0) return;
    yield* page;
    last = page.at(-1);
  }
}
