import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { firstMissing, readGuide } from "../../scripts/guide/readGuide.ts";
import { runGuide } from "../../scripts/guide/runGuide.ts";
import { addNamespace, runCommand } from "../helpers/networkNamespace.ts";
import type { NetworkNamespace } from "../helpers/networkNamespace.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/new-operator.md");

describe("the page for a new operator", function () {
  this.timeout(300_000);
  let folder: string;
  let namespace: NetworkNamespace | undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weir-guide-"));
  });
  after(() => {
    namespace?.remove();
    rmSync(folder, { recursive: true });
  });

  it("leads from a clone to earnings, by exactly its commands, and says what they print", async () => {
    const clone = join(folder, "clone");
    cloneInto(clone);
    // Its ports are those of any local chain: a network of its own has them free.
    namespace = addNamespace();
    const steps = readGuide(readFileSync(PAGE, "utf8"));
    expect(steps.map(({ terminal }) => terminal)).to.include.members(["first", "chain", "relay"]);
    // Many short processes compile the same files, and what a viewer leaves in a home is not for this one's.
    const env = {
      NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/weir-cli"),
      XDG_STATE_HOME: join(folder, "state"),
    };
    await runGuide(steps, { folder: clone, memory: join(folder, "memory"), prefix: namespace.prefix, env });
  });

  it("is followed by a reader who notices what is not there", () => {
    const page =
      "```sh\ntrue\n```\n\n```text\none … three\nfour\n```\n\n```sh relay\nserve\n```\n\n```text relay Ctrl-C\nbye\n```\n";
    expect(readGuide(page)).to.deep.equal([
      { terminal: "first", commands: "true\n", expected: ["one … three", "four"], line: 1 },
      { terminal: "relay", commands: "serve\n", expected: [], line: 10 },
      { terminal: "relay", expected: ["bye"], line: 14 },
    ]);
    expect(firstMissing("zero\none   two three.\nfour", ["one … three", "four"])).to.equal(undefined);
    expect(firstMissing("four\none two three", ["one … three", "four"])).to.equal("four");
    expect(firstMissing("one two", ["one … three"])).to.equal("one … three");
  });
});

/** What a clone of the working tree would hold, set up already. */
function cloneInto(clone: string): void {
  const listed = runCommand(["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"]).split("\0");
  for (const file of listed.filter((each) => each !== "" && existsSync(join(ROOT, each)))) {
    mkdirSync(join(clone, dirname(file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(clone, file));
  }
  for (const made of ["node_modules", "artifacts", "cache", "types"]) symlinkSync(join(ROOT, made), join(clone, made));
}
