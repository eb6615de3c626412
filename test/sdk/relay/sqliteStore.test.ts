import { expect } from "chai";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { WeirError } from "../../../sdk/core/index.ts";
import { sqliteRecords, sqliteStore } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { describeRecords, firstVersion } from "./recordsContract.ts";
import type { RecordsPlace } from "./recordsContract.ts";
import { describeStore } from "./storeContract.ts";

function makeFolder(): { readonly file: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "weir-store-"));
  return {
    file: join(folder, "relay.db"),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describeStore("SQLite", async () => {
  const { file, remove } = makeFolder();
  return Promise.resolve({
    open: () => sqliteStore(file),
    remove: async () => {
      remove();
      return Promise.resolve();
    },
  });
});

describeStore("SQLite, in groups of three", async () => {
  const { file, remove } = makeFolder();
  return Promise.resolve({
    open: () => sqliteStore(file, { maxGroup: 3 }),
    remove: async () => {
      remove();
      return Promise.resolve();
    },
  });
});

async function recordsPlace(): Promise<RecordsPlace & { readonly file: string }> {
  const { file, remove } = makeFolder();
  return Promise.resolve({
    file,
    open: () => sqliteStore(file),
    records: () => sqliteRecords(file),
    remove: async () => {
      remove();
      return Promise.resolve();
    },
  });
}

describeRecords("SQLite", recordsPlace, async () => {
  const place = await recordsPlace();
  const database = new DatabaseSync(place.file);
  database.exec(await firstVersion("sqlite"));
  database.close();
  return place;
});

describe("A SQLite store", () => {
  let file: string;
  let remove: () => void;

  beforeEach(() => {
    ({ file, remove } = makeFolder());
  });
  afterEach(() => {
    remove();
  });

  it("is for one relay at a time", async () => {
    const first = sqliteStore(file);
    await first.start();
    const second = sqliteStore(file);
    try {
      await second.start();
      expect.fail("two relays opened one store");
    } catch (error) {
      expect(WeirError.is(error, "storage-failed")).to.equal(true);
      expect((error as WeirError).shortMessage).to.contain("another process uses the store");
    }
    await first.stop();
    await second.start();
    await second.stop();
  });

  it("is readable by its owner alone, and lets readers read while it is open", async () => {
    const store = sqliteStore(file);
    await store.start();
    const secret = await store.secret("a");
    expect(statSync(file).mode & 0o077).to.equal(0);
    expect(statSync(`${file}-wal`).mode & 0o077).to.equal(0);
    const reader = new DatabaseSync(file, { readOnly: true });
    expect(reader.prepare("SELECT value FROM secrets").get()).to.deep.equal({ value: secret });
    reader.close();
    await store.stop();
  });

  it("is in WAL mode and has written down which schema it has", async () => {
    const store = sqliteStore(file);
    await store.start();
    await store.stop();
    const reader = new DatabaseSync(file);
    expect(reader.prepare("PRAGMA journal_mode").get()).to.deep.equal({ journal_mode: "wal" });
    expect(reader.prepare("SELECT MAX(version) AS version FROM migrations").get()).to.deep.equal({ version: 2 });
    reader.exec("INSERT INTO migrations VALUES (999, 0)");
    reader.close();
    expect(await errorCode(sqliteStore(file).start())).to.equal("storage-failed");
  });

  it("says so when it cannot be opened", async () => {
    expect(await errorCode(sqliteStore(join(file, "below", "a", "file")).start())).to.equal("storage-failed");
  });

  it("loses one bad write of a group and not the others", async () => {
    const store = sqliteStore(file);
    await store.start();
    // A name that is no text fails inside SQLite: there is no valid call that does.
    const bad = store.raise(undefined as unknown as string, 1n);
    const good = Array.from({ length: 60 }, async (_, i) => store.raise(`name ${String(i)}`, BigInt(i)));
    expect(await errorCode(bad)).to.equal("storage-failed");
    await Promise.all(good);
    expect(await store.highest("name 59")).to.equal(59n);
    await store.stop();
  });
});
