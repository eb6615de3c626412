import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CliError } from "../../sdk/cli/cliError.ts";
import { formatConfigFile } from "../../sdk/cli/configFile.ts";
import { loadConfig } from "../../sdk/cli/loadConfig.ts";
import type { Config, ConfigSources } from "../../sdk/cli/loadConfig.ts";
import { settings, variableOf } from "../../sdk/cli/settings.ts";
import type { SettingKey } from "../../sdk/cli/settings.ts";

const ADDRESS = "0x00000000000000000000000000000000000000aa";
const allKeys = Object.keys(settings) as SettingKey[];

describe("the settings of the command line", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "weir-config-"));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  const load = (toml: string | undefined, more: Partial<ConfigSources> = {}): Config => {
    if (toml !== undefined) writeFileSync(join(cwd, "weir.toml"), toml);
    return loadConfig({ cwd, env: {}, flags: {}, ...more });
  };
  const refusal = (attempt: () => unknown): CliError => {
    try {
      attempt();
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
    throw new Error("nothing was refused");
  };

  describe("come from", () => {
    const toml = '[relay]\nregion = "file"\n';
    const env = { WEIR_RELAY_REGION: "environment" };

    it("the file", () => {
      const config = load(toml);
      expect(config.get("relay.region")).to.equal("file");
      expect(config.sourceOf("relay.region")).to.equal("weir.toml");
    });
    it("the environment before the file", () => {
      const config = load(toml, { env });
      expect(config.get("relay.region")).to.equal("environment");
      expect(config.sourceOf("relay.region")).to.equal("WEIR_RELAY_REGION");
    });
    it("the command line before both", () => {
      const config = load(toml, { env, flags: { "relay.region": "flag" } });
      expect(config.get("relay.region")).to.equal("flag");
      expect(config.sourceOf("relay.region")).to.equal("--region");
    });
    it("the file before an empty variable", () => {
      expect(load(toml, { env: { WEIR_RELAY_REGION: "" } }).get("relay.region")).to.equal("file");
    });
    it("defaults at last", () => {
      const config = load(undefined);
      expect(config.get("relay.gracePeriod")).to.equal(86_400);
      expect(config.get("relay.database")).to.equal(join(cwd, "relay.sqlite"));
      expect(config.get("relay.publicUrl")).to.equal(undefined);
      expect(config.sourceOf("relay.gracePeriod")).to.equal("the default");
    });
    it("the file that --config names, before the one that WEIR_CONFIG names", () => {
      writeFileSync(join(cwd, "a.toml"), '[relay]\nregion = "a"\n');
      writeFileSync(join(cwd, "b.toml"), '[relay]\nregion = "b"\n');
      expect(load(toml, { env: { WEIR_CONFIG: "b.toml" } }).get("relay.region")).to.equal("b");
      expect(load(toml, { file: "a.toml", env: { WEIR_CONFIG: "b.toml" } }).get("relay.region")).to.equal("a");
    });
    it("sizes with a unit or in bytes, wherever they are given", () => {
      expect(load(undefined).get("relay.cacheSize")).to.equal(10 * 2 ** 30);
      expect(load('[relay]\ncacheSize = "20 GiB"\n').get("relay.cacheSize")).to.equal(20 * 2 ** 30);
      expect(load("[relay]\ncacheSize = 16777216\n").get("relay.cacheSize")).to.equal(2 ** 24);
      expect(load("", { env: { WEIR_RELAY_MEMORY: "64MiB" } }).get("relay.memory")).to.equal(2 ** 26);
      for (const size of ["10 GB", "1.5 GiB", "-1", "15 MiB", "", "9999999999 TiB"]) {
        const error = refusal(() => load(undefined, { flags: { "relay.cacheSize": size } }));
        expect(error.message, size).to.contain("relay.cacheSize must be a size of 16 MiB at least");
      }
    });
    it("lists of proxies that can be told apart", () => {
      const flags = { "relay.trustedProxies": "loopback, 10.0.0.0/8,2001:db8::/32" };
      expect(load(undefined, { flags }).get("relay.trustedProxies")).to.deep.equal([
        "loopback",
        "10.0.0.0/8",
        "2001:db8::/32",
      ]);
      const error = refusal(() => load('[relay]\ntrustedProxies = ["proxy.example"]\n'));
      expect(error.message).to.contain("relay.trustedProxies must be a list of addresses");
    });
    it("variables that each setting has of its own", () => {
      expect(variableOf("relay.pricePerGiB")).to.equal("WEIR_RELAY_PRICE_PER_GIB");
      expect(variableOf("chain.rpc")).to.equal("WEIR_CHAIN_RPC");
      expect(new Set(allKeys.map(variableOf)).size).to.equal(allKeys.length);
      expect(new Set(allKeys.map((key) => settings[key].flag)).size).to.equal(allKeys.length);
    });
  });

  describe("are read as", () => {
    it("lists separated by commas, outside the file", () => {
      const env = { WEIR_CHAIN_RPC: "http://a.example, http://b.example" };
      expect(load(undefined, { env }).get("chain.rpc")).to.deep.equal(["http://a.example", "http://b.example"]);
      expect(load('[chain]\nrpc = ["http://c.example"]\n').get("chain.rpc")).to.deep.equal(["http://c.example"]);
    });
    it("numbers", () => {
      expect(load(undefined, { flags: { "relay.gracePeriod": "7200" } }).get("relay.gracePeriod")).to.equal(7_200);
    });
    it("file names relative to the file, else to where the command runs", () => {
      mkdirSync(join(cwd, "etc"));
      writeFileSync(
        join(cwd, "etc/weir.toml"),
        '[agent]\nkeystore = "key.json"\n[[relay.streams]]\npath = "/a/"\n' +
          `source = "media"\npublisher = "${ADDRESS}"\n`,
      );
      const config = load(undefined, { file: "etc/weir.toml", flags: { "relay.database": "x.db" } });
      expect(config.get("agent.keystore")).to.equal(join(cwd, "etc/key.json"));
      expect(config.get("relay.database")).to.equal(join(cwd, "x.db"));
      expect(config.streams).to.deep.equal([{ path: "/a/", source: join(cwd, "etc/media"), publisher: ADDRESS }]);
    });
    it("amounts without a fraction, with or without quotes", () => {
      expect(load("[relay]\ntokenPerEther = 3000\n").get("relay.tokenPerEther")).to.equal("3000");
      expect(load('[relay]\ntokenPerEther = "3000"\n').get("relay.tokenPerEther")).to.equal("3000");
    });
  });

  describe("are refused with the key, its source and the cure", () => {
    const wrong: readonly (readonly [SettingKey, string, string])[] = [
      ["chain.rpc", '["ftp://x"]', "http or https"],
      ["chain.rpc", "[]", "http or https"],
      ["chain.transactions", '"eip4844"', '"legacy"'],
      ["chain.confirmations", "0", "from 1"],
      ["operator.address", '"0x12"', "40 hexadecimal digits"],
      ["relay.publicUrl", '"http://relay.example"', "loopback only"],
      ["relay.publicUrl", '"https://relay.example/path"', "without a path"],
      ["relay.listen", '"8402"', "host and a port"],
      ["relay.listen", '"127.0.0.1:99999"', "host and a port"],
      ["relay.pricePerGiB", "0.01", "in quotes"],
      ["relay.pricePerGiB", '"1e5"', "in quotes"],
      ["relay.gracePeriod", "3599", "from 3600"],
      ["relay.gracePeriod", '"86400"', "whole number"],
      ["agent.keystore", '""', "file name"],
      ["relay.region", `"${"x".repeat(33)}"`, "32 bytes"],
    ];
    for (const [key, value, cure] of wrong) {
      it(`${key} = ${value.slice(0, 30)}`, () => {
        const [section, name] = key.split(".");
        const error = refusal(() => load(`[${String(section)}]\n${String(name)} = ${value}\n`));
        expect(error.kind).to.equal("configuration");
        expect(error.message).to.include(key).and.include(cure);
        expect(error.cure).to.include("weir.toml");
      });
    }
    it("from a variable", () => {
      const error = refusal(() => load(undefined, { env: { WEIR_RELAY_GRACE_PERIOD: "soon" } }));
      expect(error.message).to.include("relay.gracePeriod").and.include('"soon"');
      expect(error.cure).to.include("WEIR_RELAY_GRACE_PERIOD");
    });
    it("from an option", () => {
      const error = refusal(() => load(undefined, { flags: { "relay.gracePeriod": "1" } }));
      expect(error.cure).to.include("--grace-period");
    });
    it("without showing an endpoint, whose URL can carry a key", () => {
      const error = refusal(() => load(undefined, { env: { WEIR_CHAIN_RPC: "rpc.example/SECRET" } }));
      expect(error.message + error.cure)
        .to.include("chain.rpc")
        .and.not.include("SECRET");
    });
    it("when they are needed and missing, with every way to set them", () => {
      const error = refusal(() => load("").require("relay.publicUrl"));
      expect(error.message).to.include("relay.publicUrl");
      expect(error.cure)
        .to.include("publicUrl under [relay]")
        .and.include("WEIR_RELAY_PUBLIC_URL")
        .and.include("--public-url");
    });
    it("when they are misspelt, with what was meant", () => {
      expect(refusal(() => load('[relay]\npublicUrI = "x"\n')).cure).to.equal("Did you mean relay.publicUrl?");
      expect(refusal(() => load('[relais]\nfoo = "x"\n')).message).to.include("relais.foo");
      expect(refusal(() => load("price = 1\n")).message).to.include("price");
    });
    it("when the file is no TOML, with the line", () => {
      expect(refusal(() => load("[relay]\nregion = eu\n")).message).to.include("line 2");
    });
    it("when the file that was named is not there", () => {
      expect(refusal(() => load(undefined, { file: "other.toml" })).cure).to.include("--config");
      expect(refusal(() => load(undefined, { env: { WEIR_CONFIG: "other.toml" } })).cure).to.include("WEIR_CONFIG");
    });
  });

  describe("of streams", () => {
    const stream = (more: string): string => `[[relay.streams]]\npath = "/a/"\nsource = "x"\n${more}`;

    it("name the stream and the member that is missing, wrong or unknown", () => {
      expect(refusal(() => load(stream(""))).message).to.equal("relay.streams[0].publisher is missing");
      expect(refusal(() => load(stream('publisher = "me"\n'))).message).to.include(
        "relay.streams[0].publisher must be",
      );
      const unknown = stream(`publisher = "${ADDRESS}"\nprice = 5\n`);
      expect(refusal(() => load(unknown)).message).to.equal("relay.streams[0].price is no setting");
      expect(refusal(() => load('[relay]\nstreams = "x"\n')).message).to.include("relay.streams");
    });
  });

  it("name variables that begin like ours and are none", () => {
    expect(load(undefined, { env: { WEIR_RELAY_PUBLICURL: "x" } }).warnings).to.have.length(1);
    expect(load(undefined, { env: { WEIR_AGENT_PASSWORD: "x", WEIR_CONFIG: "" } }).warnings).to.deep.equal([]);
  });

  describe("as a new file", () => {
    it("are all explained, and read back as they were written, the examples too", () => {
      const values = Object.fromEntries(allKeys.map((key) => [key, settings[key].example]));
      const streams = [{ path: "/a/", source: "https://origin.example/a/", publisher: ADDRESS } as const];
      const config = load(formatConfigFile({ values, streams }));
      expect(config.get("relay.pricePerGiB")).to.equal("0.01");
      expect(config.streams).to.deep.equal(streams);
      const empty = formatConfigFile({ values: {}, streams: [] });
      for (const key of allKeys) expect(empty).to.include(settings[key].about);
      expect(load(empty).get("relay.publicUrl")).to.equal(undefined);
    });
  });
});
