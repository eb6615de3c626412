import { expect } from "chai";
import fc from "fast-check";
import {
  canonicalPath,
  decodePath,
  encodePath,
  isCanonicalPath,
  MAX_PATH_BYTES,
  parseResourceName,
  resourceName,
} from "../../../sdk/core/path.ts";
import { hostile } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import paths from "../../vectors/paths.json" with { type: "json" };

const CANONICAL = /^(?!\/)(?:(?:^|\/)(?!\.{1,2}(?:\/|$))(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})+)+$/;

/** Names as file systems allow them, with everything that is special in URLs likely. */
const part = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from(" #?%./&=+:;@~é🎬[]{}|^`\"<>!$'()*,-_")),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 20,
  })
  .filter((name) => !/[\u0000-\u001f\u007f-\u009f/\\]/.test(name) && name !== "." && name !== "..");
const parts = fc.array(part, { minLength: 1, maxLength: 4 });

/** URL references with the pieces that parsers disagree about. */
const reference = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "/",
        "\\",
        ".",
        "..",
        "%2e",
        "%2F",
        "%5c",
        "%00",
        "%",
        "%c3",
        "%C3%BC",
        "#",
        "?",
        " ",
        "\t",
        "ü",
        "a",
      ),
      fc.constantFrom("https:", "//", "relay.example", "/s/", "@", ":"),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

describe("canonicalPath", () => {
  it("is canonical, stays what it is, and means the same file to a URL parser, or refuses", async () => {
    await fc.assert(
      fc.asyncProperty(
        reference,
        fc.constantFrom(undefined, "https://relay.example/s/weir.json"),
        async (input, base) => {
          const code = await errorCode(() => canonicalPath(input, base));
          if (code !== "none") {
            expect(code).to.equal("path-not-canonical");
            return;
          }
          const path = canonicalPath(input, base);
          expect(path).to.match(CANONICAL);
          expect(path.length).to.be.at.most(MAX_PATH_BYTES);
          expect(canonicalPath(path)).to.equal(path);
          expect(new URL(`./${path}`, "https://relay.example/s/weir.json").pathname).to.equal(`/s/${path}`);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("names one file alike however its URL is escaped", () => {
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.boolean()), (names, coins) => {
        const path = encodePath(names);
        const spelled = path.replace(/%[0-9A-F]{2}|[^/%]/g, (unit) => {
          if (coins.next().value !== true) return unit;
          return unit.startsWith("%") ? unit.toLowerCase() : `%${unit.charCodeAt(0).toString(16)}`;
        });
        expect(canonicalPath(spelled)).to.equal(path);
        expect(canonicalPath(`${spelled}?weir=token#x`)).to.equal(path);
        expect(canonicalPath(`https://relay.example/s/${spelled}`, "https://relay.example/s/weir.json")).to.equal(path);
      }),
    );
  });

  it("finds what a player resolves against a playlist in a subdirectory", () => {
    const manifest = "https://relay.example/films/a/weir.json";
    const segment = new URL("../audio/1.m4s?x", "https://relay.example/films/a/v0/index.m3u8");
    expect(canonicalPath(segment.href, manifest)).to.equal("audio/1.m4s");
  });

  it("takes exactly 1,024 bytes", async () => {
    expect(canonicalPath("a".repeat(MAX_PATH_BYTES))).to.have.length(MAX_PATH_BYTES);
    expect(await errorCode(() => canonicalPath("a".repeat(MAX_PATH_BYTES + 1)))).to.equal("path-not-canonical");
    expect(canonicalPath("%61".repeat(MAX_PATH_BYTES))).to.have.length(MAX_PATH_BYTES);
  });
});

describe("encodePath and decodePath", () => {
  it("undo each other, so that no two files share a path", () => {
    fc.assert(
      fc.property(parts, (names) => {
        const path = encodePath(names);
        expect(path).to.match(CANONICAL);
        expect(isCanonicalPath(path)).to.equal(true);
        expect(decodePath(path)).to.deep.equal(names);
      }),
    );
  });

  it("refuse names that no file below the directory has", async () => {
    for (const names of [[], [""], ["a", ""], ["."], [".."], ["a/b"], ["a\\b"], ["a\0"], ["\ud800"], ["a\n"]]) {
      expect(await errorCode(() => encodePath(names))).to.equal("path-not-canonical");
    }
  });

  it("refuse a path in any other spelling than the canonical one", async () => {
    for (const path of ["%61", "%c3%bc", "ü", "a b", "a?b", "a#b", "a%3Ab", "../a", "%2e%2e/a", "a%2Fb"]) {
      expect(await errorCode(() => decodePath(path)), path).to.equal("path-not-canonical");
    }
  });
});

describe("isCanonicalPath", () => {
  it("is true for what canonicalPath gives and false for every other spelling", () => {
    for (const { input, path } of paths.good) {
      expect(isCanonicalPath(path)).to.equal(true);
      expect(isCanonicalPath(input)).to.equal(input === path);
    }
    fc.assert(
      fc.property(hostile, (junk) => {
        if (isCanonicalPath(junk)) expect(junk).to.match(CANONICAL);
      }),
    );
  });
});

describe("resourceName and parseResourceName", () => {
  const range = fc
    .tuple(fc.maxSafeNat(), fc.maxSafeNat())
    .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));

  it("undo each other", () => {
    fc.assert(
      fc.property(parts, fc.option(range, { nil: undefined }), (names, bytes) => {
        const path = encodePath(names);
        const name = resourceName(path, bytes);
        expect(parseResourceName(name)).to.deep.equal(bytes === undefined ? { path } : { path, range: bytes });
      }),
    );
  });

  for (const name of paths.badNames) {
    it(`refuse ${name}`, async () => {
      expect(await errorCode(() => parseResourceName(name))).to.equal("range-not-satisfiable");
    });
  }

  it("refuse impossible ranges and paths that are not canonical", async () => {
    for (const bytes of [
      { first: 2, last: 1 },
      { first: -1, last: 1 },
      { first: 0.5, last: 1 },
      { first: 0, last: NaN },
      { first: 0, last: 2 ** 53 },
    ]) {
      expect(await errorCode(() => resourceName("a", bytes))).to.equal("range-not-satisfiable");
    }
    for (const path of ["", "..", "a/../b", "a b", "a?b", "/a"]) {
      expect(await errorCode(() => resourceName(path))).to.equal("path-not-canonical");
      expect(await errorCode(() => parseResourceName(path))).to.equal("path-not-canonical");
    }
  });

  it("never fail otherwise than with a code", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          reference,
          fc.tuple(reference, reference).map(([a, b]) => `${a}#${b}`),
        ),
        async (name) => {
          expect(await errorCode(() => parseResourceName(name))).to.be.oneOf([
            "none",
            "path-not-canonical",
            "range-not-satisfiable",
          ]);
        },
      ),
    );
  });
});
