import { expect } from "chai";
import fc from "fast-check";
import { peerBlame } from "../../../../sdk/viewer/p2p/peerBlame.ts";
import { hlsRange, readSegmentKey, segmentKey } from "../../../../sdk/viewer/p2p/segmentKey.ts";

const KEY = "https://relay.example/film/segment-1.m4s";
const GOOD = Uint8Array.from({ length: 10 }, (_, index) => index);
const flipped = (at: number): Uint8Array => GOOD.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe("segmentKey", () => {
  it("given a part, is read back as it was made, and two parts never share a key", () => {
    const range = fc.tuple(fc.nat(1 << 30), fc.nat(1 << 20)).map(([first, more]) => ({ first, last: first + more }));
    fc.assert(
      fc.property(
        fc.constantFrom(KEY, `${KEY}?weir=token`, `${KEY}#top`, "http://127.0.0.1:8402/a%20b/all.mp4"),
        range,
        range,
        (url, one, other) => {
          expect(readSegmentKey(segmentKey(url, one))).to.deep.equal({ url: url.split("#", 1)[0], range: one });
          const isSame = one.first === other.first && one.last === other.last;
          expect(segmentKey(url, one) === segmentKey(url, other)).to.equal(isSame);
        },
      ),
    );
  });

  it("given a whole file, is its URL, and a fragment that a playlist puts there makes no part of it", () => {
    expect(readSegmentKey(segmentKey(`${KEY}#0-5`))).to.deep.equal({ url: KEY });
  });

  it("takes ranges from hls.js, which counts the end exclusively", () => {
    expect(hlsRange(10, 20)).to.deep.equal({ first: 10, last: 19 });
    expect([hlsRange(0, 0), hlsRange(undefined, undefined)]).to.deep.equal([undefined, undefined]);
  });
});

describe("peerBlame", () => {
  it("given one peer, blames it at once", () => {
    const blame = peerBlame();
    blame.began("a", KEY);
    expect(blame.received("a", 10)).to.deep.equal({ key: KEY, sent: 10 });
    expect(blame.wrong(KEY, flipped(9))).to.deep.equal(["a"]);
    expect(blame.right(KEY, GOOD)).to.deep.equal([]);
  });

  it("given two peers, blames nobody before the right bytes are known, and then whose part differs", () => {
    for (const [at, guilty] of [
      [0, "stopped"],
      [4, "finished"],
    ] as const) {
      const blame = peerBlame();
      blame.began("stopped", KEY);
      blame.received("stopped", 4);
      blame.ended("stopped");
      blame.began("finished", KEY);
      blame.received("finished", 6);
      expect(blame.wrong(KEY, flipped(at))).to.deep.equal([]);
      expect(blame.right(KEY, GOOD)).to.deep.equal([guilty]);
    }
  });

  it("given bytes that belong to nobody's part, blames nobody", () => {
    const blame = peerBlame();
    for (const peer of ["a", "b"]) {
      blame.began(peer, KEY);
      blame.received(peer, 7);
    }
    expect(blame.wrong(KEY, flipped(0))).to.deep.equal([]);
    expect(blame.right(KEY, GOOD)).to.deep.equal([]);
    expect(blame.received("stranger", 5)).to.equal(undefined);
  });

  it("forgets what was thrown away", () => {
    const blame = peerBlame();
    blame.began("a", KEY);
    blame.received("a", 4);
    blame.restarted(KEY);
    blame.began("b", KEY);
    blame.received("b", 10);
    expect(blame.wrong(KEY, flipped(0))).to.deep.equal(["b"]);
  });

  it("finds exactly who sent something else, however a segment was pieced together", () => {
    const part = fc.record({
      peer: fc.constantFrom("a", "b", "c"),
      bytes: fc.integer({ min: 1, max: 6 }),
      lies: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
        const right = Uint8Array.from({ length: size }, (_, index) => index);
        const wrong = right.slice();
        const blame = peerBlame();
        let at = 0;
        for (const { bytes, lies, peer } of parts) {
          blame.began(peer, KEY);
          blame.received(peer, bytes);
          blame.ended(peer);
          if (lies) wrong[at] = 0xff;
          at += bytes;
        }
        const liars = new Set(parts.filter(({ lies }) => lies).map(({ peer }) => peer));
        if (liars.size === 0) return;
        const found = [...blame.wrong(KEY, wrong), ...blame.right(KEY, right)];
        expect(found.sort()).to.deep.equal([...liars].sort());
      }),
    );
  });
});
