import { expect } from "chai";
import { formatManifest } from "../../../sdk/core/index.ts";
import { memorySource, publisher, randomFile, startRelayFixture, testManifest } from "../../helpers/relayFixture.ts";
import type { MemorySource, RelayFixture } from "../../helpers/relayFixture.ts";

const ENCODER = new TextEncoder();

/** A file listed as a whole, one with listed parts as well, and one listed by its parts alone. */
async function streamOf(parts: Uint8Array<ArrayBuffer>): Promise<MemorySource> {
  const whole = randomFile(1_000);
  const both = randomFile(1_000);
  const part = (first: number, last: number): { range: { first: number; last: number } } => ({
    range: { first, last },
  });
  const manifest = await testManifest([
    { path: "whole.mp4", bytes: whole },
    { path: "both.mp4", bytes: both },
    { path: "both.mp4", ...part(0, 99), bytes: both.slice(0, 100) },
    { path: "parts.mp4", ...part(0, 399), bytes: parts.slice(0, 400) },
    { path: "parts.mp4", ...part(400, 999), bytes: parts.slice(400) },
  ]);
  return memorySource([
    ["weir.json", ENCODER.encode(formatManifest(manifest))],
    ["whole.mp4", whole],
    ["both.mp4", both],
    ["parts.mp4", parts],
    ["live.m3u8", ENCODER.encode("#EXTM3U\n#EXT-X-TARGETDURATION:4\n")],
  ]);
}

describe("Conditions and ranges of requests (RFC 9110)", () => {
  let fixture: RelayFixture;

  before(async () => {
    const parts = randomFile(1_000);
    const other = parts.with(999, parts[999]! ^ 1);
    const free = { publisher: publisher.address, free: true };
    fixture = await startRelayFixture({}, [
      { ...free, path: "/free/", source: await streamOf(parts) },
      { ...free, path: "/other/", source: await streamOf(other) },
    ]);
  });
  after(async () => {
    await fixture.stop();
  });

  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> => {
    const response = await fixture.fetch(path, { headers, method });
    // Nothing may stay in use between two requests.
    return new Response(response.status === 304 ? null : await response.arrayBuffer(), response);
  };
  const tagOf = async (path: string, range?: string): Promise<string> =>
    (await ask(path, range === undefined ? {} : { range })).headers.get("etag") ?? "";
  const statusOf = async (path: string, headers: Record<string, string>, method?: string): Promise<number> =>
    (await ask(path, headers, method)).status;

  it("give all parts of a file its one tag, which changes with any byte of it", async () => {
    for (const path of ["both.mp4", "parts.mp4"]) {
      const tags = new Set([await tagOf(`/free/${path}`, "bytes=0-99"), await tagOf(`/free/${path}`, "bytes=0-399")]);
      if (path === "both.mp4") tags.add(await tagOf("/free/both.mp4"));
      tags.delete("");
      expect(tags.size, path).to.equal(1);
    }
    // The last byte differs, which the first part does not have.
    expect(await tagOf("/free/parts.mp4", "bytes=0-399")).to.not.equal(await tagOf("/other/parts.mp4", "bytes=0-399"));
  });

  it("answer 304 to who has the file, whatever part was asked for", async () => {
    const tag = await tagOf("/free/both.mp4");
    for (const known of [tag, `W/${tag}`, "*", `"x", ${tag}`, `"x",${tag},"y"`]) {
      for (const range of [{}, { range: "bytes=0-99" }]) {
        const response = await ask("/free/both.mp4", { "if-none-match": known, ...range });
        expect([response.status, response.headers.get("etag")], known).to.deep.equal([304, tag]);
        expect(response.headers.has("cache-control")).to.equal(true);
      }
      expect(await statusOf("/free/both.mp4", { "if-none-match": known }, "HEAD")).to.equal(304);
    }
    for (const other of ['"x"', tag.replaceAll('"', ""), "", tag.toUpperCase()]) {
      expect(await statusOf("/free/both.mp4", { "if-none-match": other }), other).to.equal(200);
    }
    for (const path of ["/free/weir.json", "/free/live.m3u8"]) {
      expect(await statusOf(path, { "if-none-match": await tagOf(path) }), path).to.equal(304);
    }
  });

  it("answer 412 to who wants another file", async () => {
    const tag = await tagOf("/free/whole.mp4");
    for (const [wanted, status] of [
      [tag, 200],
      ["*", 200],
      [`"x", ${tag}`, 200],
      ['"x"', 412],
      // A weak tag never matches strongly.
      [`W/${tag}`, 412],
    ] as const) {
      expect(await statusOf("/free/whole.mp4", { "if-match": wanted }), wanted).to.equal(status);
    }
    expect(await statusOf("/free/whole.mp4", { "if-match": '"x"', "if-none-match": tag })).to.equal(412);
    const dates = {
      "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT",
      "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT",
    };
    expect(await statusOf("/free/whole.mp4", dates)).to.equal(200);
  });

  it("send a range to who still has the same file, and the whole to anybody else", async () => {
    const tag = await tagOf("/free/both.mp4");
    for (const [condition, status] of [
      [tag, 206],
      [`W/${tag}`, 200],
      ['"x"', 200],
      ["Fri, 01 Jan 2100 00:00:00 GMT", 200],
    ] as const) {
      const headers = { "if-range": condition, range: "bytes=0-99" };
      expect(await statusOf("/free/both.mp4", headers), condition).to.equal(status);
    }
    // Of a file that is listed by its parts alone, there is no whole to fall back to.
    const parts = await tagOf("/free/parts.mp4", "bytes=0-399");
    expect(await statusOf("/free/parts.mp4", { "if-range": parts, range: "bytes=400-999" })).to.equal(206);
  });

  it("know no ranges of HEAD, and of several ranges", async () => {
    const head = await ask("/free/both.mp4", { range: "bytes=0-99" }, "HEAD");
    expect([head.status, head.headers.get("content-length"), head.headers.get("content-range")]).to.deep.equal([
      200,
      "1000",
      null,
    ]);
    expect(await statusOf("/free/both.mp4", { range: "bytes=0-1,3-4" })).to.equal(200);
    expect(await statusOf("/free/weir.json", { range: "bytes=0-1" })).to.equal(200);
    expect((await ask("/free/weir.json")).headers.get("accept-ranges")).to.equal("none");
    expect((await ask("/free/both.mp4")).headers.get("accept-ranges")).to.equal("bytes");
  });

  it("say how long a file is to who asks past its end, if the manifest says it", async () => {
    const past = await ask("/free/whole.mp4", { range: "bytes=1000-" });
    expect([past.status, past.headers.get("content-range")]).to.deep.equal([416, "bytes */1000"]);
    const unknown = await ask("/free/parts.mp4", { range: "bytes=1000-" });
    expect([unknown.status, unknown.headers.get("content-range")]).to.deep.equal([416, null]);
  });
});
