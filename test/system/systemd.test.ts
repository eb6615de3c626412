import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { exitCodes } from "../../sdk/cli/exitCodes.ts";
import { settings, variableOf } from "../../sdk/cli/settings.ts";
import type { SettingKey } from "../../sdk/cli/settings.ts";

const UNIT = join(import.meta.dirname, "../../examples/systemd/weir-relay.service");

/** Exposure by systemd's own reckoning, from 0 to 10. Services that nobody hardened have 9.6. */
const MOST_EXPOSURE = 1.1;

/** Seconds that the server takes to stop, and the relay to settle, if nobody says otherwise. */
const STOP_SECONDS = 5 + 60;

describe("the unit for systemd", function () {
  this.timeout(30_000);
  const text = readFileSync(UNIT, "utf8");
  const all = (key: string): string[] =>
    [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);

  const analyze = (...args: readonly string[]): string => {
    const { error, status, stderr, stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    if (error !== undefined)
      throw new Error("systemd-analyze is missing: install the package systemd", { cause: error });
    expect(status, stderr + stdout).to.equal(0);
    return stderr + stdout;
  };

  it("is understood by systemd without a remark", () => {
    expect(analyze("verify", UNIT)).to.equal("");
  });

  it(`has an exposure of ${String(MOST_EXPOSURE)} at most`, () => {
    const threshold = String(MOST_EXPOSURE * 10);
    analyze("security", "--offline=true", "--no-pager", `--threshold=${threshold}`, UNIT);
  });

  it("gives the relay the time that it takes to settle, and as many files as its viewers need", () => {
    expect(Number(all("TimeoutStopSec")[0])).to.be.greaterThan(STOP_SECONDS);
    expect(Number(all("LimitNOFILE")[0])).to.be.at.least(16_384);
  });

  it("does not start again what somebody has to correct first", () => {
    const { configuration, key, usage } = exitCodes;
    const expected = [usage.code, configuration.code, key.code].join(" ");
    expect(all("RestartPreventExitStatus")).to.deep.equal([expected]);
  });

  it("sets variables that there are, none of them a secret", () => {
    const known = (Object.keys(settings) as SettingKey[]).map(variableOf);
    const variables = [...text.matchAll(/Environment=(\w+)=(\S*)/g)];
    expect(variables).to.have.length.above(1);
    for (const [, name = "", value = ""] of variables) {
      expect(known).to.include(name);
      expect(value, name).to.match(/^%d\//);
    }
  });
});
