import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { build as buildWithEsbuild } from "esbuild";
import { build as buildWithVite } from "vite";
import { VIEWER_LIMIT } from "../../scripts/checks/bundles.ts";
import { installPackage } from "../helpers/installedPackage.ts";
import type { InstalledPackage } from "../helpers/installedPackage.ts";

/** A page that plays with hls.js and asks the chain. */
const PAGE = `
export { privateKeySigner } from "weir/core";
export { createViewer, viewerChain } from "weir/viewer";
export { hlsConfig } from "weir/viewer/hls";
`;

/** What a bundler made of a page. */
interface Built {
  readonly gzip: number;
  /** Modules of the package of which something is left, without the folder. */
  readonly modules: readonly string[];
}

describe("a page, built from the package as npm installs it", function () {
  this.timeout(60_000);
  let installed: InstalledPackage;
  let page: string;

  before(async () => {
    installed = await installPackage();
    page = path.join(installed.folder, "page.js");
    await writeFile(page, PAGE);
  });
  after(async () => {
    await installed.remove();
  });

  /** What is left of a module, by where it is. */
  const built = (code: string, sizes: Iterable<readonly [file: string, bytes: number]>): Built => {
    const dist = `${path.join(installed.path, "dist")}${path.sep}`;
    const kept = [...sizes].filter(([file, bytes]) => bytes > 0 && file.startsWith(dist));
    return {
      gzip: gzipSync(code, { level: 9 }).length,
      modules: kept.map(([file]) => file.slice(dist.length).replaceAll(path.sep, "/")),
    };
  };

  const bundlers: Readonly<Record<string, () => Promise<Built>>> = {
    esbuild: async () => {
      const { metafile, outputFiles } = await buildWithEsbuild({
        absWorkingDir: installed.folder,
        entryPoints: [page],
        bundle: true,
        format: "esm",
        metafile: true,
        minify: true,
        platform: "browser",
        write: false,
      });
      const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
      const sizes = inputs.map(
        ([file, { bytesInOutput }]) => [path.join(installed.folder, file), bytesInOutput] as const,
      );
      return built(outputFiles.map(({ text }) => text).join(""), sizes);
    },
    vite: async () => {
      const result = await buildWithVite({
        root: installed.folder,
        configFile: false,
        logLevel: "silent",
        build: { write: false, rolldownOptions: { input: page, preserveEntrySignatures: "strict" } },
      });
      const outputs = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
      const chunks = outputs.filter((output) => output.type === "chunk");
      const sizes = chunks.flatMap(({ modules }) => Object.entries(modules));
      return built(
        chunks.map(({ code }) => code).join(""),
        sizes.map(([file, { renderedLength }]) => [file, renderedLength] as const),
      );
    },
  };

  for (const [name, bundler] of Object.entries(bundlers)) {
    it(`carries neither ABIs nor actions nor what it did not name, with ${name}`, async () => {
      const { gzip, modules } = await bundler();
      expect(modules).to.include("viewer/createViewer.js").and.include("viewer/hls/hlsConfig.js");
      const others = /^(?:abis|relay|publisher|servers|cli|viewer\/(?:reporter|wallet|p2p|dash|shaka))\//;
      expect(modules.filter((file) => others.test(file))).to.deep.equal([]);
      expect(modules.filter((file) => file.startsWith("chain/"))).to.have.members([
        "chain/internal/readWords.js",
        "chain/internal/rpcFailure.js",
      ]);
      expect(gzip).to.be.within(1, VIEWER_LIMIT);
    });
  }
});
