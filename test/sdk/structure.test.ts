import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { committedExportLists, exportLists } from "../../scripts/checks/exports.ts";
import { contractImportViolations, sdkImportViolations } from "../../scripts/checks/imports.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("The repository", () => {
  describe("imports", () => {
    it("keep to the layers of the SDK", () => {
      expect(sdkImportViolations()).to.deep.equal([]);
    });

    it("keep deployables apart from each other and from mocks", () => {
      expect(contractImportViolations()).to.deep.equal([]);
    });
  });

  describe("public surface", () => {
    it("is the committed one; `npm run snapshots` writes a deliberate change", () => {
      expect(exportLists()).to.deep.equal(committedExportLists());
    });
  });

  describe("files", () => {
    it("have one subject each: at most 500 lines, tests 800", () => {
      const long = [...filesOver(500, "{contracts,sdk,scripts,bench,apps,examples}"), ...filesOver(800, "test")];
      expect(long).to.deep.equal([]);
    });
  });

  describe("dependencies", () => {
    const manifest = readJson("package.json") as Record<string, Record<string, string> | undefined>;
    const { packages } = readJson("package-lock.json") as LockFile;

    it("are pinned to one version", () => {
      const pinned = {
        ...manifest["dependencies"],
        ...manifest["optionalDependencies"],
        ...manifest["devDependencies"],
      };
      expect(Object.entries(pinned).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([]);
    });

    it("come from whichever registry the reader uses", () => {
      const located = Object.entries(packages).filter(([, { resolved }]) => resolved?.startsWith("http") === true);
      expect(located).to.deep.equal([]);
    });

    it("are listed with a hash, but for those of platforms that the lock file was not written on", () => {
      const unhashed = Object.entries(packages).filter(
        ([path, { integrity, optional, os }]) => path !== "" && integrity === undefined && !(optional === true && os),
      );
      expect(unhashed).to.deep.equal([]);
    });

    it("are listed for every platform, without which `npm ci` refuses to install", () => {
      const listed = new Set(Object.keys(packages).map((path) => path.split("node_modules/").at(-1)));
      const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
      expect(wanted.filter((name) => !listed.has(name))).to.deep.equal([]);
    });
  });
});

interface LockFile {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly integrity?: string;
        readonly optional?: boolean;
        readonly os?: readonly string[];
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

/** Files of ours with more lines than that; generated ones are as long as they are. */
function filesOver(lines: number, folder: string): string[] {
  return globSync(`${folder}/**/*.{ts,mjs,sol}`, { cwd: ROOT })
    .filter((path) => !path.startsWith("sdk/abis"))
    .filter((path) => readFileSync(join(ROOT, path), "utf8").split("\n").length > lines + 1);
}
