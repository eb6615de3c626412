import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { channelId, domainSeparator, nobleSecp256k1 } from "../../sdk/core/index.ts";
import type { Channel, Hex } from "../../sdk/core/index.ts";
import { verifyReceipts } from "../../sdk/cli/records/verifyReceipts.ts";
import { sqliteStore } from "../../sdk/relay/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import { paperDeployment, paperDomain, payee } from "../helpers/relayFixture.ts";
import { signedChannel, storeChannel } from "../helpers/signedChannel.ts";
import type { SignedChannel } from "../helpers/signedChannel.ts";
import { hex, NOW } from "../helpers/storeFixture.ts";
import { runWeir, weirJson } from "../helpers/weirCommand.ts";

const env = { domain: domainSeparator(paperDomain), secp256k1: nobleSecp256k1 };

interface Listed {
  readonly channels: readonly { readonly id: Hex; readonly state: string; readonly unsettled: string }[];
}

/** A relay runs on the store all the while: whoever looks must not disturb it. */
describe("what a relay remembers, on the command line", function () {
  this.timeout(120_000);
  let cwd: string;
  let store: RelayStore;
  let paid: SignedChannel;
  let closing: SignedChannel;
  let quiet: SignedChannel;

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-records-"));
    writeFileSync(join(cwd, "paper.json"), JSON.stringify(paperDeployment));
    writeFileSync(join(cwd, "weir.toml"), '[chain]\ndeployment = "paper.json"\n[relay]\ndatabase = "relay.sqlite"\n');
    store = sqliteStore(join(cwd, "relay.sqlite"));
    await store.start();
    paid = await signedChannel([[5n, 7n], [11n]], { session: hex(16) });
    quiet = await signedChannel([]);
    const chain = { ...quiet.state.chain, closeRequestedAt: NOW, deposit: 100n, settledBytes: 3n };
    closing = await signedChannel([[3n]], { chain });
    for (const channel of [paid, quiet, closing]) await storeChannel(store, channel);
    const lease = (await store.lead("collecting"))!;
    const aims = { id: closing.state.id, settling: 3n, funding: 0n, close: false };
    await lease.putTransaction({ nonce: 4, hashes: [hex(32)], raw: "0x", channels: [aims], sentAt: NOW });
    const amounts = { gasUsed: 1n, gasPrice: 1n, cost: 1n, value: 3n, alone: 1n };
    const counts = { funds: 0, settles: 1, closes: 0 };
    await lease.dropTransaction(4, { nonce: 4, reason: "worth", block: 9, minedAt: NOW, ...amounts, ...counts });
  });
  after(async () => {
    await store.stop();
    rmSync(cwd, { recursive: true });
  });

  const listed = async (...args: string[]): Promise<Hex[]> =>
    (await weirJson<Listed>(["channels", "ls", ...args], { cwd })).channels.map(({ id }) => id);

  it("lists channels, all or some, and page by page", async () => {
    const all = [paid, quiet, closing].map(({ state }) => state.id).toSorted();
    const { channels } = await weirJson<Listed>(["channels", "ls"], { cwd });
    expect(channels.map(({ id }) => id)).to.deep.equal(all);
    const found = Object.fromEntries(channels.map(({ id, state, unsettled }) => [id, [state, unsettled]]));
    expect(found).to.deep.equal({
      [paid.state.id]: ["open", "0.000000000000000023"],
      [quiet.state.id]: ["idle", "0"],
      [closing.state.id]: ["closing", "0"],
    });
    expect(await listed("--unsettled")).to.deep.equal([paid.state.id]);
    expect(await listed("--limit", "1", "--after", all[0]!)).to.deep.equal([all[1]]);
    const people = await runWeir(["channels", "ls", "--closing"], { cwd });
    expect(people.stdout.split("\n"))
      .to.have.length(3)
      .and.satisfy(([, row]: string[]) => row?.startsWith(closing.state.id));
    for (const wrong of [
      ["--open", "--closing"],
      ["--limit", "0"],
      ["--after", "0x1"],
    ]) {
      expect((await runWeir(["channels", "ls", ...wrong], { cwd })).status, wrong.join(" ")).to.equal(2);
    }
  });

  it("shows one channel with its deadline and its transactions", async () => {
    const shown = await weirJson<Record<string, unknown>>(["channels", "show", closing.state.id], { cwd });
    expect(shown).to.deep.include({
      ...{ state: "closing", receipts: 1, settledBytes: "3", acknowledgedBytes: "3", deposit: "0.0000000000000001" },
      closing: { requestedAt: NOW, finalAt: NOW + closing.state.channel.gracePeriod },
      transactions: [{ nonce: 4, hash: null, reason: "worth", block: 9, minedAt: NOW }],
    });
    const unknown = await runWeir(["channels", "show", hex(32)], { cwd });
    expect(unknown.status).to.equal(1);
    expect(unknown.stderr).to.include("does not know the channel");
  });

  it("lists receipts, and exports them whole", async () => {
    const { receipts } = await weirJson<{ receipts: unknown[] }>(["receipts", "ls", paid.state.id], { cwd });
    expect(receipts).to.deep.equal([
      {
        ...{ number: 1, prevBytes: "0", bytes: "12", deliveredBytes: "12", segments: 2 },
        ...{ baseUnits: "12", value: "0.000000000000000012" },
      },
      {
        ...{ number: 2, prevBytes: "12", bytes: "11", deliveredBytes: "23", segments: 1 },
        ...{ baseUnits: "11", value: "0.000000000000000011" },
      },
    ]);
    const csv = await runWeir(["receipts", "export"], { cwd });
    const [names, ...rows] = csv.stdout
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));
    expect(rows).to.have.length(3);
    const column = (name: string): number => names!.indexOf(name);
    const values = rows.map((row) => BigInt(row[column("value_base_units")]!));
    expect(values.reduce((sum, value) => sum + value)).to.equal(26n);
    expect(rows.map((row) => row[column("signature")])).to.have.members(
      [...paid.steps, ...closing.steps].map(({ receipt }) => receipt.signature),
    );

    const args = ["receipts", "export", paid.state.id, "--format", "json", "--out", "out.json"];
    expect(await weirJson(args, { cwd })).to.include({ receipts: 2 });
    expect(statSync(join(cwd, "out.json")).mode & 0o777).to.equal(0o600);
    const { channels } = JSON.parse(readFileSync(join(cwd, "out.json"), "utf8")) as {
      channels: { id: Hex; channel: Record<string, string>; receipts: unknown[] }[];
    };
    expect(channels).to.have.length(1);
    const { channel } = channels[0]!;
    const terms = { ...channel, pricePerGiB: BigInt(channel["pricePerGiB"]!), nonce: BigInt(channel["nonce"]!) };
    expect(channelId(terms as unknown as Channel)).to.equal(paid.state.id);
    const plain = JSON.stringify(paid.steps, (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(channels[0]!.receipts).to.deep.equal(JSON.parse(plain));
    expect((await runWeir(["receipts", "export", "--format", "xml"], { cwd })).status).to.equal(2);
  });

  it("denies a payer while the relay runs, and allows it again", async () => {
    const { address } = paid.signer;
    await weirJson(["payers", "deny", address, "--note", "never pays"], { cwd });
    expect(await store.isDenied(paid.state.channel.signer)).to.equal(true);
    const { denied } = await weirJson<{ denied: Record<string, unknown>[] }>(["payers", "ls"], { cwd });
    expect(denied).to.have.length(1);
    expect(denied[0]).to.include({ signer: address.toLowerCase(), note: "never pays" });
    expect(await weirJson(["payers", "allow", address], { cwd })).to.include({ wasDenied: true });
    expect(await weirJson(["payers", "allow", address], { cwd })).to.include({ wasDenied: false });
    expect((await runWeir(["payers", "deny", "0x12"], { cwd })).status).to.equal(2);
  });

  it("verifies receipts, and names the first that was changed", async () => {
    expect(await weirJson(["receipts", "verify"], { cwd })).to.include({ ok: true, channels: 3, receipts: 3, gaps: 0 });
    const database = new DatabaseSync(join(cwd, "relay.sqlite"));
    const { number, step } = database
      .prepare("SELECT number, step FROM receipts ORDER BY number LIMIT 1 OFFSET 1")
      .get() as {
      number: number;
      step: Uint8Array;
    };
    step[step.length - 1]! ^= 1;
    database.prepare("UPDATE receipts SET step = ? WHERE number = ?").run(step, number);
    database.close();
    const { wrong } = await weirJson<{ wrong: unknown }>(["receipts", "verify"], { cwd }, 1);
    expect(wrong).to.deep.include({ channel: paid.state.id, receipt: 2 });
  });

  it("says where there is nothing to read", async () => {
    const nowhere = await runWeir(["channels", "ls", "--database", "nothing.sqlite"], { cwd });
    expect(nowhere.status).to.equal(3);
    expect(nowhere.stderr).to.include("there is no database nothing.sqlite");
  });
});

describe("receipts that are verified", () => {
  const verify = async ({ state, steps }: SignedChannel): ReturnType<typeof verifyReceipts> =>
    verifyReceipts(
      state,
      (async function* () {
        yield* await Promise.resolve(steps);
      })(),
      env,
    );

  it("may continue from one that the viewer brought along, and are wrong in every other way", async () => {
    const whole = await signedChannel([[1n], [2n], [3n]]);
    const [first, second, third] = whole.steps;
    expect(await verify(whole)).to.deep.equal({ receipts: 3, gaps: 0 });
    expect(await verify({ ...whole, steps: [first!, third!] })).to.deep.equal({ receipts: 2, gaps: 1 });
    expect(await verify({ ...whole, steps: [first!, second!] })).to.deep.equal({ receipts: 2, gaps: 1 });
    expect((await verify({ ...whole, steps: [first!, third!, second!] })).wrong?.receipt).to.equal(3);
    expect((await verify({ ...whole, steps: [first!, first!] })).wrong?.receipt).to.equal(2);
    const stranger = await signedChannel([[1n]]);
    const forged = { ...first!, receipt: { ...first!.receipt, signature: stranger.steps[0]!.receipt.signature } };
    expect((await verify({ ...whole, steps: [forged] })).wrong?.receipt).to.equal(1);
    const { signature, ...totals } = whole.state.acknowledged;
    expect(signature).to.have.length(130);
    const state = { ...whole.state, acknowledged: { ...totals, signature: stranger.steps[0]!.receipt.signature } };
    expect((await verify({ ...whole, state })).wrong?.receipt).to.equal(0);
    expect((await verify({ ...whole, state: { ...whole.state, acknowledged: totals } })).wrong?.receipt).to.equal(0);
    expect(whole.state.channel.payee).to.equal(payee);
  });
});
