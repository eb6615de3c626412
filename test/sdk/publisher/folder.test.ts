import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { verifyManifest } from "../../../sdk/core/manifest.ts";
import { resourceName } from "../../../sdk/core/path.ts";
import { privateKeySigner } from "../../../sdk/core/signature.ts";
import { publishFolder, verifyFolder } from "../../../sdk/publisher/node/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const signer = privateKeySigner(`0x${"11".repeat(32)}`);
const testcard = path.join(import.meta.dirname, "../../media/testcard");

describe("publishFolder and verifyFolder", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weir-publisher-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const publish = async (options: object = {}) => publishFolder(folder, { signer, name: "testcard", ...options });
  const verify = async () => verifyFolder(folder, { publisher: signer.address, name: "testcard" });

  describe("given a real HLS stream", () => {
    beforeEach(async () => {
      await cp(testcard, folder, { recursive: true });
    });

    it("lists every file, and the single-file rendition by its byte ranges alone", async () => {
      const manifest = await publish();
      const names = manifest.leaves.map((leaf) => resourceName(leaf.path, leaf.range));
      expect(names).to.include.members(["master.m3u8", "160p/index.m3u8", "240p/init.mp4", "360p/segment-12.m4s"]);
      expect(names.filter((name) => name.startsWith("160p/all.mp4"))).to.have.length(14);
      expect(names).to.include("160p/all.mp4#0-1371").and.not.include("160p/all.mp4");
      expect(names).to.have.length(1 + 3 + 14 + 2 * 14);
    });

    it("states the hash and size of exactly those bytes", async () => {
      const manifest = await publish();
      for (const leaf of manifest.leaves) {
        const file = await readFile(path.join(folder, leaf.path));
        const bytes = leaf.range === undefined ? file : file.subarray(leaf.range.first, leaf.range.last + 1);
        expect(leaf.size).to.equal(BigInt(bytes.length));
        expect(leaf.contentHash).to.equal(`0x${createHash("sha256").update(bytes).digest("hex")}`);
      }
    });

    it("signs as the publisher, valid for a year", async () => {
      const manifest = await publish();
      const now = BigInt(Math.floor(Date.now() / 1_000));
      verifyManifest(manifest, { publisher: signer.address, name: "testcard", now: now + 364n * 86_400n });
    });

    it("finds the folder unchanged afterwards", async () => {
      const manifest = await publish();
      expect(await verify()).to.deep.equal({ manifest, missing: [], changed: [], unlisted: [] });
    });

    it("tells what is missing, changed and new", async () => {
      await publish();
      await rm(path.join(folder, "240p/init.mp4"));
      await appendFile(path.join(folder, "360p/init.mp4"), "x");
      await truncate(path.join(folder, "160p/all.mp4"), 280_000);
      await writeFile(path.join(folder, "poster.jpg"), "x");
      // Without its playlist's target the folder could not be published; comparing it with the manifest must still work.
      await writeFile(path.join(folder, "240p/index.m3u8"), "#EXTM3U\n");
      const { missing, changed, unlisted } = await verify();
      expect(missing).to.deep.equal(["240p/init.mp4"]);
      expect(changed).to.deep.equal(["160p/all.mp4#279684-302318", "240p/index.m3u8", "360p/init.mp4"]);
      expect(unlisted).to.deep.equal(["poster.jpg"]);
    });

    it("raises the sequence each time and leaves nothing else behind", async () => {
      expect((await publish()).sequence).to.equal(0n);
      expect((await publish()).sequence).to.equal(1n);
      expect((await publish({ sequence: 9n })).sequence).to.equal(9n);
      expect((await publish({ name: "another stream" })).sequence).to.equal(0n);
      expect((await readdir(folder)).sort()).to.deep.equal(["160p", "240p", "360p", "master.m3u8", "weir.json"]);
    });

    it("refuses another publisher's manifest", async () => {
      await publish();
      const other = verifyFolder(folder, { publisher: `0x${"00".repeat(20)}` });
      expect(await errorCode(other)).to.equal("manifest-unsigned");
    });
  });

  it("escapes file names as the canonical path wants them", async () => {
    await mkdir(path.join(folder, "100% Ü"));
    await writeFile(path.join(folder, "100% Ü", "a?#.ts"), "x");
    expect((await publish()).leaves.map((leaf) => leaf.path)).to.deep.equal(["100%25%20%C3%9C/a%3F%23.ts"]);
    expect((await verify()).changed).to.deep.equal([]);
  });

  it("lists a file whole if a playlist also plays it whole", async () => {
    await writeFile(path.join(folder, "a.ts"), "0123456789");
    await writeFile(path.join(folder, "whole.m3u8"), "#EXTM3U\na.ts\n");
    await writeFile(path.join(folder, "keys.m3u8"), "#EXTM3U\n#EXT-X-BYTERANGE:4@2\na.ts\n");
    const names = (await publish()).leaves.map((leaf) => resourceName(leaf.path, leaf.range));
    expect(names).to.deep.equal(["a.ts#2-5", "a.ts", "keys.m3u8", "whole.m3u8"]);
  });

  it("leaves hidden files out", async () => {
    await mkdir(path.join(folder, ".git"));
    await writeFile(path.join(folder, ".git", "config"), "x");
    await writeFile(path.join(folder, ".env"), "x");
    await writeFile(path.join(folder, "a.ts"), "x");
    expect((await publish()).leaves.map((leaf) => leaf.path)).to.deep.equal(["a.ts"]);
  });

  it("refuses a symbolic link", async () => {
    await symlink("/etc/hostname", path.join(folder, "a.ts"));
    expect(await errorCode(publish())).to.equal("path-not-canonical");
  });

  it("refuses a pipe", async () => {
    await promisify(execFile)("mkfifo", [path.join(folder, "a.ts")]);
    expect(await errorCode(publish())).to.equal("path-not-canonical");
  });

  it("refuses a name that holds a control character or a backslash", async () => {
    for (const name of ["a\nb.ts", "a\\b.ts"]) {
      await writeFile(path.join(folder, name), "x");
      expect(await errorCode(publish())).to.equal("path-not-canonical");
      await rm(path.join(folder, name));
    }
  });

  it("refuses a name that is not UTF-8", async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff])]), "x");
    expect(await errorCode(publish())).to.equal("path-not-canonical");
  });

  for (const [reason, code, files] of [
    ["an empty folder", "manifest-invalid", {}],
    ["an empty file", "manifest-invalid", { "a.ts": "" }],
    ["a playlist that names a missing file", "manifest-invalid", { "a.m3u8": "#EXTM3U\nb.ts\n" }],
    ["a playlist that is none", "manifest-invalid", { "a.m3u8": "<html>" }],
    [
      "a range past its file",
      "range-not-satisfiable",
      { "a.ts": "x", "a.m3u8": "#EXTM3U\n#EXT-X-BYTERANGE:9@0\na.ts\n" },
    ],
    ["something else in the manifest's place", "manifest-invalid", { "a.ts": "x", "weir.json": "{}" }],
  ] as const) {
    it(`refuses ${reason}, and writes nothing`, async () => {
      for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
      expect(await errorCode(publish())).to.equal(code);
      expect(await readdir(folder)).to.have.members(Object.keys(files));
    });
  }

  it("passes on what the file system says about a folder that is not there", async () => {
    const error: unknown = await publishFolder(path.join(folder, "none"), { signer, name: "x" }).catch(
      (e: unknown) => e,
    );
    expect(error).to.have.property("code", "ENOENT");
  });
});
