import { readFileSync } from "node:fs";
import { expect } from "chai";
import { cliPage, cliPageUrl } from "../../scripts/cliPage.ts";
import { ContractError } from "../../sdk/chain/index.ts";
import { CliError } from "../../sdk/cli/cliError.ts";
import { commands, groups } from "../../sdk/cli/commands/index.ts";
import { describeError, formatError } from "../../sdk/cli/describeError.ts";
import { exitCodes, exitNameOf } from "../../sdk/cli/exitCodes.ts";
import { optionsOf } from "../../sdk/cli/program.ts";
import { WeirError } from "../../sdk/core/index.ts";
import { staticImports } from "../helpers/staticImports.ts";
import { runWeir } from "../helpers/weirCommand.ts";

const world = { cwd: import.meta.dirname };

describe("the command line", () => {
  it("is what docs/cli.md says; `node scripts/cliPage.ts` writes it", async () => {
    expect(readFileSync(cliPageUrl, "utf8")).to.equal(await cliPage());
  });

  describe("every command", () => {
    for (const { load, name, summary } of commands) {
      it(`${name}: explains itself, with examples of it and --json`, async () => {
        const spec = await load();
        const flags = optionsOf(spec).map(({ flag }) => flag);
        expect(spec.description.length).to.be.greaterThan(summary.length);
        expect(spec.examples.length).to.be.greaterThan(0);
        for (const [line] of spec.examples) expect(line).to.include(`weir ${name}`);
        expect(flags).to.include("json");
        expect(new Set(flags).size).to.equal(flags.length);
        const [group = ""] = name.split(" ");
        expect(!name.includes(" ") || Object.hasOwn(groups, group)).to.equal(true);
      });
    }
    it("takes no key or password as an option", async () => {
      const specs = await Promise.all(commands.map(async ({ load }) => load()));
      const flags = specs.flatMap((spec) => optionsOf(spec).filter(({ placeholder }) => placeholder !== undefined));
      const secret = flags.filter(({ flag }) => /password|secret|private|key/.test(flag));
      expect(secret.filter(({ placeholder }) => placeholder !== "<file>")).to.deep.equal([]);
    });
  });

  describe("help", () => {
    it("shows commands, options and examples, on every level", async () => {
      const { status, stderr, stdout } = await runWeir(["relay", "start", "--help"], world);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
      expect(stdout).to.include("--public-url <origin>").and.include("Examples:").and.include("SIGTERM");
      expect((await runWeir(["help", "relay"], world)).stdout).to.include("doctor");
      expect((await runWeir(["--help"], world)).stdout).to.include("weir relay init");
    });
    it("has the exit codes and the settings as topics", async () => {
      const codes = await runWeir(["help", "exit-codes"], world);
      for (const { code, meaning } of Object.values(exitCodes)) expect(codes.stdout).to.include(`${code}  ${meaning}`);
      const settings = await runWeir(["help", "settings"], world);
      expect(settings.stdout).to.include("relay.publicUrl").and.include("WEIR_RELAY_PUBLIC_URL");
    });
  });

  describe("a command", () => {
    it("is loaded when it is typed: help waits for neither viem nor the relay", async () => {
      const loaded = await staticImports("sdk/cli/runCli.ts");
      expect(loaded).to.include("sdk/cli/program.ts").and.include("commander");
      const heavy =
        /^(viem|hono|@hono|pino|prom-client|@clack)\b|^sdk\/(abis|relay|viewer|admin)\/|^sdk\/servers\/(?!clientAddress)|^sdk\/cli\/commands\/(?!index)/;
      expect(loaded.filter((path) => heavy.test(path))).to.deep.equal([]);
    });
    it("that only reads the relay's store waits for no chain", async () => {
      for (const name of ["backup", "restore", "payersLs", "payersDeny", "payersAllow"]) {
        const loaded = await staticImports(`sdk/cli/commands/${name}.ts`);
        expect(loaded.filter((path) => /^viem\b|^sdk\/chain\//.test(path))).to.deep.equal([]);
      }
    });
  });

  describe("a mistake in typing ends with 2, on standard error", () => {
    for (const [typed, said] of [
      [["stake", "ad"], "unknown command 'ad'"],
      [["stake", "add"], "missing required argument 'amount'"],
      [["stake", "add", "5", "--dryrun"], "unknown option '--dryrun'"],
      [["relay"], "which command?"],
      [["verify", ".", "--publisher", "me"], "--publisher must be an address"],
      [["relay", "start", "--log-level", "loud"], "--log-level"],
    ] as const) {
      it(typed.join(" "), async () => {
        const { status, stderr, stdout } = await runWeir(typed, world);
        expect({ status, stdout }).to.deep.equal({ status: 2, stdout: "" });
        expect(stderr).to.include(said).and.include("[usage]").and.not.include("    at ");
      });
    }
    it("and with --json also as a document on standard output", async () => {
      const { status, stdout } = await runWeir(["frobnicate", "--json"], world);
      const { error } = JSON.parse(stdout) as { error: { code: string; exitCode: number; cure: string } };
      expect(error).to.include({ code: "usage", exitCode: 2 });
      expect(status).to.equal(2);
    });
  });

  describe("an error", () => {
    it("is two lines with code and cure, and never a stack trace", () => {
      const text = formatError(describeError(new WeirError("chain-unavailable", undefined, { details: "x" })));
      expect(text.split("\n")).to.have.length(2);
      expect(text).to.include("[chain-unavailable]").and.include("Check the RPC endpoint").and.include("(x)");
    });
    it("ends with the code of its kind", () => {
      expect(exitNameOf(new WeirError("chain-unavailable"))).to.equal("unreachable");
      expect(exitNameOf(new WeirError("wrong-chain"))).to.equal("configuration");
      expect(exitNameOf(new WeirError("content-mismatch"))).to.equal("failed");
      expect(exitNameOf(new ContractError("stake", { errorName: "NotRegistered", args: {} }))).to.equal("refused");
      expect(exitNameOf(new CliError("key", "", ""))).to.equal("key");
      expect(exitNameOf(new Error("?"))).to.equal("failed");
    });
    it("of the file system names what to look at", () => {
      const error = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      expect(describeError(error)).to.include({ code: "failed", cure: "Make room on the disk.", exitCode: 1 });
    });
    it("comes with a stack trace if one is asked for", async () => {
      const { stderr } = await runWeir(["verify", "nowhere", "--publisher", `0x${"0".repeat(40)}`, "--debug"], world);
      expect(stderr).to.include("    at ");
    });
  });
});
