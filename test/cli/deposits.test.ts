import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CliError } from "../../sdk/cli/cliError.ts";
import { loadConfig } from "../../sdk/cli/loadConfig.ts";
import { relayDeposits } from "../../sdk/cli/relaySettings.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import type { RelayDepositOptions } from "../../sdk/relay/index.ts";

describe("the deposits that a relay sends, by its settings", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "weir-deposits-"));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  const read = (toml: string, authorization = true): RelayDepositOptions | undefined => {
    writeFileSync(join(cwd, "weir.toml"), `[relay]\n${toml}`);
    const deployment = { token: { symbol: "USDC", decimals: 6, authorization } } as Deployment;
    return relayDeposits({ config: loadConfig({ cwd, env: {}, flags: {} }) }, deployment);
  };

  it("are none unless the smallest is named, and few then", () => {
    expect(read("")).to.equal(undefined);
    expect(read("depositsPerHour = 9\n")).to.equal(undefined);
    expect(read('minDeposit = "1.5"\n')).to.deep.equal({
      ...{ minAmount: 1_500_000n, gasPerDay: 5n * 10n ** 16n, perHour: 60, perHourAndClient: 3 },
    });
    const limits = 'depositGasPerDay = "0.2"\ndepositsPerHour = 9\ndepositsPerAddress = 1\n';
    expect(read(`minDeposit = "1"\n${limits}`)).to.deep.equal({
      ...{ minAmount: 1_000_000n, gasPerDay: 2n * 10n ** 17n, perHour: 9, perHourAndClient: 1 },
    });
  });

  it("are refused where they cost without a limit, or cannot be sent", () => {
    for (const toml of [
      'minDeposit = "0"\n',
      'minDeposit = "1"\ndepositGasPerDay = "0"\n',
      'minDeposit = "0.0000001"\n',
    ]) {
      expect(() => read(toml)).to.throw(CliError);
    }
    expect(() => read('minDeposit = "1"\n', false)).to.throw(CliError, "does not let a relay send deposits");
  });
});
