import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CliError } from "../../sdk/cli/cliError.ts";
import type { CommandContext } from "../../sdk/cli/commandSpec.ts";
import { loadConfig } from "../../sdk/cli/loadConfig.ts";
import type { ConfigSources } from "../../sdk/cli/loadConfig.ts";
import { storePlace } from "../../sdk/cli/storePlace.ts";
import type { StorePlace } from "../../sdk/cli/storePlace.ts";

const SECRET = "corr%C3%A8ct-horse";
const URL_WITH_PASSWORD = `postgres://weir:${SECRET}@db.example/weir?sslmode=verify-full`;
const SHOWN = "postgres://weir@db.example/weir?sslmode=verify-full";

describe("where a relay keeps what it remembers, by the settings", () => {
  let cwd: string;
  let hidden: [string, string][];

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "weir-store-place-"));
    hidden = [];
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  const place = ({ env = {}, flags = {} }: Partial<Pick<ConfigSources, "env" | "flags">> = {}): StorePlace => {
    const config = loadConfig({ cwd, env, flags });
    const output = { hide: (secret: string, instead: string) => hidden.push([secret, instead]) };
    return storePlace({ config, cwd, output } as unknown as CommandContext);
  };
  const refusal = (sources: Parameters<typeof place>[0]): CliError => {
    try {
      place(sources);
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
    throw new Error("it was accepted");
  };

  it("is a SQLite file unless something else is named", () => {
    expect(place()).to.include({ type: "sqlite", file: join(cwd, "relay.sqlite"), shown: "relay.sqlite" });
  });

  it("is the database of the environment or of a file, whose password is never shown", () => {
    const file = join(cwd, "store.url");
    writeFileSync(file, `${URL_WITH_PASSWORD}\nmore\n`);
    for (const sources of [{ env: { WEIR_RELAY_STORE: URL_WITH_PASSWORD } }, { flags: { "relay.storeFile": file } }]) {
      const found = place(sources);
      expect(found).to.include({
        type: "postgres",
        connectionString: URL_WITH_PASSWORD,
        shown: `${SHOWN}, schema weir`,
      });
      expect(hidden.at(-1)).to.deep.equal([URL_WITH_PASSWORD, SHOWN]);
    }
  });

  it("may be named on the command line, but not with a password", () => {
    expect(place({ flags: { "relay.store": SHOWN } }).shown).to.equal(`${SHOWN}, schema weir`);
    for (const url of [URL_WITH_PASSWORD, `postgres://db.example/weir?password=${SECRET}`]) {
      const { kind, message } = refusal({ flags: { "relay.store": url } });
      expect(kind).to.equal("usage");
      expect(message).to.not.include(SECRET);
    }
  });

  it("is said to be wrong without quoting it", () => {
    const env = { WEIR_RELAY_STORE: URL_WITH_PASSWORD.replace("postgres", "mysql") };
    const file = join(cwd, "store.url");
    writeFileSync(file, `${SECRET}\n`);
    const both = { env: { WEIR_RELAY_STORE: SHOWN }, flags: { "relay.storeFile": file } };
    for (const sources of [{ env }, { flags: { "relay.storeFile": file } }, both]) {
      const { cure, kind, message } = refusal(sources);
      expect(kind).to.equal("configuration");
      expect(message + cure).to.not.include(SECRET);
    }
    expect(refusal({ flags: { "relay.storeFile": join(cwd, "nothing") } }).message).to.include("cannot be read");
    expect(refusal({ env: { WEIR_RELAY_STORE: SHOWN, WEIR_RELAY_STORE_SCHEMA: "a-b" } }).message).to.include(
      "storeSchema",
    );
  });
});
