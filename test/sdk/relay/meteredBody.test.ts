import { expect } from "chai";
import { meteredBody } from "../../../sdk/relay/media/meteredBody.ts";
import type { MeteredBodyOptions } from "../../../sdk/relay/media/meteredBody.ts";
import { randomFile } from "../../helpers/relayFixture.ts";

const CHUNK = 65_536;

describe("A metered body", () => {
  const bytes = randomFile(4 * CHUNK);
  let ends: number[];
  let now: number;

  const bodyOf = (change: Partial<MeteredBodyOptions> = {}): ReadableStreamDefaultReader<Uint8Array> =>
    meteredBody(
      bytes,
      { onEnd: (sent) => ends.push(sent), stallMs: 60_000, minBytesPerSecond: 1, hangUp: undefined, ...change },
      () => now,
    ).getReader();
  const failureOf = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> => {
    try {
      for (;;) if ((await reader.read()).done) return "none";
    } catch (error) {
      return String(error);
    }
  };
  const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  beforeEach(() => {
    ends = [];
    now = 0;
  });

  it("is the bytes, counted when they are asked for", async () => {
    const reader = bodyOf();
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      chunks.push(value);
    }
    expect(Buffer.compare(Buffer.concat(chunks), bytes)).to.equal(0);
    expect(ends).to.deep.equal([bytes.length]);
    // The last chunk holds none of the memory that is released with the end.
    expect(chunks.map(({ buffer }) => buffer === bytes.buffer)).to.deep.equal([true, true, true, false]);
  });

  it("ends with what was taken when the reader goes away", async () => {
    const reader = bodyOf();
    await reader.read();
    await reader.cancel();
    expect(ends).to.deep.equal([CHUNK]);
  });

  it("ends for a reader that stops, by hanging up where that is possible", async () => {
    const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<undefined>();
    const reader = bodyOf({
      stallMs: 20,
      hangUp: () => {
        hangUp(undefined);
      },
    });
    await reader.read();
    await hungUp;
    expect(ends).to.deep.equal([CHUNK]);
    const other = bodyOf({ stallMs: 20 });
    await pause(60);
    expect(await failureOf(other)).to.contain("the reader is too slow");
    expect(ends).to.deep.equal([CHUNK, 0]);
  });

  it("ends for a reader that never stops but takes too little, and not before it had a chance", async () => {
    for (const [minBytesPerSecond, outcome] of [
      [CHUNK + 1, "Error: the reader is too slow"],
      [CHUNK, "none"],
    ] as const) {
      now = 0;
      const reader = bodyOf({ stallMs: 1_000, minBytesPerSecond });
      await reader.read();
      now = 1_000;
      await reader.read();
      now = 2_000;
      expect(await failureOf(reader)).to.equal(outcome);
    }
    expect(ends).to.deep.equal([2 * CHUNK, bytes.length]);
  });
});
