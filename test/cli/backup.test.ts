import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { backupSqlite, restoreSqlite, sqliteRecords, sqliteStore } from "../../sdk/relay/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import { errorCode } from "../helpers/errorCode.ts";
import { signedChannel, storeChannel } from "../helpers/signedChannel.ts";
import { write } from "../helpers/storeFixture.ts";
import { runWeir, weirJson } from "../helpers/weirCommand.ts";

describe("a backup of a relay's database", function () {
  this.timeout(60_000);
  let cwd: string;
  let file: string;
  let store: RelayStore;

  beforeEach(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-backup-"));
    file = join(cwd, "relay.sqlite");
    store = sqliteStore(file);
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    rmSync(cwd, { recursive: true });
  });

  it("is made while the relay writes, is its owner's alone, and replaces what was there only when it is whole", async () => {
    const channel = await signedChannel([[5n], [7n]]);
    await storeChannel(store, channel);
    let version = 1;
    const done = new AbortController();
    const writing = (async () => {
      while (!done.signal.aborted) expect(await store.writeChannel(write(channel.state, version++))).to.equal(true);
    })();
    const target = join(cwd, "copy.sqlite");
    writeFileSync(target, "an older one");
    expect(await weirJson(["backup", "copy.sqlite"], { cwd })).to.deep.equal({
      file: target,
      channels: 1,
      receipts: 2,
    });
    done.abort();
    await writing;
    expect(statSync(target).mode & 0o777).to.equal(0o600);
    expect(readdirSync(cwd).filter((name) => name.startsWith("copy"))).to.deep.equal(["copy.sqlite"]);
    const copy = sqliteRecords(target);
    await copy.start();
    expect(await copy.countReceipts(channel.state.id)).to.equal(2);
    expect((await copy.readChannel(channel.state.id))!.version).to.be.lessThan(version + 1);
    await copy.stop();
  });

  it("is restored where nothing is, or over a database that is kept, and never below a running relay", async () => {
    const [first, second] = [await signedChannel([[5n]]), await signedChannel([[6n]])];
    await storeChannel(store, first);
    await backupSqlite(file, join(cwd, "copy.sqlite"));
    await storeChannel(store, second);
    const secret = await store.secret("session tokens");
    const restore = async (...more: string[]): ReturnType<typeof runWeir> =>
      runWeir(["restore", "copy.sqlite", ...more], { cwd });
    const running = await restore("--force");
    expect(running.status).to.equal(1);
    expect(running.stderr).to.include("another process uses the store");
    await store.stop();
    expect((await restore()).status).to.equal(1);
    const done = await restore("--force", "--json");
    expect(done.status, done.stderr).to.equal(0);
    const { before } = JSON.parse(done.stdout) as { before: string };
    for (const [place, channels] of [
      [file, 1],
      [before, 2],
    ] as const) {
      const records = sqliteRecords(place);
      await records.start();
      expect((await records.count()).channels, place).to.equal(channels);
      await records.stop();
    }
    await store.start();
    expect(await store.secret("session tokens"), "tokens of before are worth nothing").to.not.deep.equal(secret);
    const elsewhere = join(cwd, "new/relay.sqlite");
    expect(await restoreSqlite(join(cwd, "copy.sqlite"), elsewhere)).to.deep.equal({ channels: 1, receipts: 1 });
    expect(statSync(elsewhere).mode & 0o777).to.equal(0o600);
  });

  it("that is damaged, or none, changes nothing", async () => {
    await storeChannel(store, await signedChannel([[5n]]));
    await store.stop();
    const target = join(cwd, "elsewhere.sqlite");
    writeFileSync(join(cwd, "text"), "no database");
    for (const from of ["text", "nothing"]) {
      expect(await errorCode(restoreSqlite(join(cwd, from), target)), from).to.equal("storage-failed");
      expect(await errorCode(restoreSqlite(join(cwd, from), file, `${file}.aside`)), from).to.equal("storage-failed");
    }
    expect(existsSync(target)).to.equal(false);
    expect(await errorCode(backupSqlite(join(cwd, "nothing"), target))).to.equal("storage-failed");
    expect(await errorCode(backupSqlite(file, join(cwd, "no/such/folder/copy")))).to.equal("storage-failed");
    await store.start();
    const [kept] = await store.listChannels({ type: "collectable" });
    expect(kept?.state.acknowledged.deliveredBytes).to.equal(5n);
  });

  it("of PostgreSQL is left to its own tools, whose line shows no password", async () => {
    const env = { WEIR_RELAY_STORE: "postgres://weir:secret-word@db.example/weir" };
    const { status, stderr } = await runWeir(["backup", "copy"], { cwd, env });
    expect(status).to.equal(2);
    expect(stderr).to.include("pg_dump").and.include("postgres://weir@db.example/weir").and.not.include("secret-word");
  });
});
