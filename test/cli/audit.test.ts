import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { parseEther } from "viem";
import {
  claimRewardsSync,
  distributeSync,
  readAccount,
  readEarnings,
  readStake,
  readStakeParameters,
  setCommissionSync,
  unbondSync,
  withdrawEarningsSync,
  withdrawStakeSync,
  withdrawSync,
} from "../../sdk/chain/index.ts";
import type { WeirEvent } from "../../sdk/chain/index.ts";
import { keepEscrow } from "../../sdk/cli/audit/escrowLedger.ts";
import { newFindings } from "../../sdk/cli/audit/findings.ts";
import { keepStakes } from "../../sdk/cli/audit/stakeLedger.ts";
import { channelId } from "../../sdk/core/index.ts";
import { eventually, openStage, watchAll } from "../helpers/stage.ts";
import type { Stage, StagedRelay } from "../helpers/stage.ts";
import { enterNextEpoch, newDelegator } from "../helpers/stakedOperator.ts";
import { runWeir, weirJson } from "../helpers/weirCommand.ts";

interface Audited {
  readonly ok: boolean;
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly findings: readonly { readonly what: string; readonly channel?: string; readonly transaction?: string }[];
  readonly escrow: Readonly<Record<string, string>>;
  readonly stake: Readonly<Record<string, string>>;
  readonly contracts: Readonly<
    Record<string, { balance: string; holdings?: Readonly<Record<string, string>>; sentDirectly: unknown[] }>
  >;
  readonly receipts?: readonly { readonly explanation: string; readonly owed: string; readonly settled: string }[];
}

interface Export {
  readonly channels: readonly {
    readonly id: string;
    readonly receipts: { readonly receipt: { readonly deliveredBytes: string } }[];
  }[];
}

describe("an audit on the command line, of a life on a real node", function () {
  this.timeout(120_000);
  let stage: Stage;
  let relay: StagedRelay;
  let cwd: string;
  /** The block before the last chapter of the story. */
  let middle: bigint;

  const audit = async (expected: number, ...more: string[]): Promise<Audited> =>
    weirJson<Audited>(
      ["audit", "--rpc", stage.local.anvil.url, "--deployment", "wtt.json", ...more],
      { cwd },
      expected,
    );

  before(async () => {
    stage = await openStage(500);
    cwd = stage.folder;
    const { local } = stage;
    const { deployment } = local;
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(deployment));
    const { minSelfStake } = await readStakeParameters(local.publicClient, { deployment });
    relay = await stage.startRelay({ stake: minSelfStake });
    const operator = relay.account.address;
    await setCommissionSync(local.wallet(relay.account), { deployment, commissionBps: 100 });
    const delegator = await newDelegator(local, operator, minSelfStake);
    for (const rendition of ["360p", "240p"]) {
      const payer = await stage.openPayer();
      const viewer = stage.viewer(payer, [relay.url]);
      await watchAll(viewer, rendition);
      await viewer.close();
      const { balance } = await readAccount(local.publicClient, { deployment, signer: payer.signer.address });
      const { signer, owner } = { signer: payer.signer.address, owner: payer.owner };
      await withdrawSync(local.wallet(owner), { deployment, signer, amount: balance / 3n, to: owner.address });
    }
    await eventually("the relay has settled", async () => {
      const { fees } = await readEarnings(local.publicClient, { deployment, payee: operator });
      return fees > 0n ? true : undefined;
    });
    await relay.stop();
    await enterNextEpoch(local);
    middle = await local.publicClient.getBlockNumber({ cacheTime: 0 });
    await distributeSync(delegator, { deployment, operator });
    await withdrawEarningsSync(delegator, { deployment, payee: operator });
    await claimRewardsSync(delegator, { deployment, account: operator });
    const { shares } = await readStake(local.publicClient, {
      ...{ deployment, operator, holder: delegator.account.address },
    });
    await unbondSync(delegator, { deployment, operator, shares: shares / 2n });
    await local.sleep(15 * 86_400);
    await withdrawStakeSync(delegator, { deployment, index: 0n });
    // Somebody sends tokens by mistake.
    await local.mint(deployment.paymentChannels.address, 12_345n);
  });
  after(async () => {
    await stage.stop();
  });

  it("explains every token from the chain alone", async () => {
    const { contracts, escrow, findings, ok, stake } = await audit(0);
    expect(findings).to.deep.equal([]);
    expect(ok).to.equal(true);
    expect(contracts["paymentChannels"]?.holdings?.["sent directly"]).to.equal("0.000000000000012345");
    expect(contracts["paymentChannels"]?.sentDirectly).to.have.length(1);
    for (const sum of ["deposited", "withdrawn", "funded", "gross", "fee", "earningsWithdrawn"] as const) {
      expect(parseEther(escrow[sum] ?? "") > 0n, sum).to.equal(true);
    }
    for (const sum of ["staked", "delegated", "stakeWithdrawn", "rewards", "rewardsClaimed", "fees"] as const) {
      expect(parseEther(stake[sum] ?? "") > 0n, sum).to.equal(true);
    }
    expect(escrow["feesCollected"]).to.equal(stake["fees"]);
  });

  it("holds a relay's receipts against the chain, and can begin later", async () => {
    const {
      findings,
      fromBlock,
      receipts = [],
    } = await audit(0, ...["--receipts", relay.store, "--from-block", String(middle)]);
    expect(findings).to.deep.equal([]);
    expect(fromBlock).to.equal(Number(middle));
    expect(receipts.map(({ explanation }) => explanation)).to.deep.equal(
      [1, 2].map(() => "everything that was receipted is settled"),
    );
    const { status, stderr, stdout } = await runWeir(
      ["audit", "--rpc", stage.local.anvil.url, "--deployment", "wtt.json", "--receipts", relay.store, "--channels"],
      { cwd },
    );
    expect(status, stderr).to.equal(0);
    expect(stdout.trim().split("\n").at(-1)).to.equal("every token is explained");
    expect(stdout).to.include("sent directly").and.include("PaymentChannels holds").and.include("settlements up to");
  });

  it("takes an export as well, and fails for one that lacks the last receipt of a channel", async () => {
    const out = ["--deployment", "wtt.json", "--database", relay.store, "--format", "json", "--out", "export.json"];
    expect((await runWeir(["receipts", "export", ...out], { cwd })).status).to.equal(0);
    const complete = JSON.parse(readFileSync(join(cwd, "export.json"), "utf8")) as Export;
    const [first] = complete.channels;
    const last = first?.receipts.pop();
    const lacking = [{ ...first, acknowledged: first?.receipts.at(-1)?.receipt }, ...complete.channels.slice(1)];
    writeFileSync(join(cwd, "lacking.json"), JSON.stringify({ ...complete, channels: lacking }));
    const [whole, short] = await Promise.all([
      audit(0, "--receipts", "export.json"),
      audit(1, "--receipts", "lacking.json"),
    ]);
    expect(whole.findings).to.deep.equal([]);
    expect(short.findings[0]?.channel).to.equal(first?.id);
    expect(short.findings[0]?.what).to.include(`settled up to ${String(last?.receipt.deliveredBytes)} bytes`);
    expect(short.receipts?.[0]?.explanation).to.equal("the chain settled more than the receipts here state");
  });

  describe("fails, and names the channel and what is wrong, for receipts", () => {
    const tampered = (name: string, tamper: (database: DatabaseSync) => void): string => {
      const file = join(cwd, `${name}.sqlite`);
      copyFileSync(relay.store, file);
      const database = new DatabaseSync(file);
      tamper(database);
      database.close();
      return file;
    };
    /** Changes a byte of the last receipt. */
    const flip = (at: number) => (database: DatabaseSync) => {
      const row = database.prepare("SELECT number, step FROM receipts ORDER BY number DESC LIMIT 1").get();
      const step = Buffer.from(row?.["step"] as Uint8Array);
      step[at] = (step[at] ?? 0) ^ 1;
      database.prepare("UPDATE receipts SET step = ? WHERE number = ?").run(step, row?.["number"] as number);
    };
    for (const [title, tamper, what] of [
      // Where what is: 40 bytes of totals, 8 of bytes, 32 of root, 64 of signature, then entries.
      ["whose signature was changed", flip(100), /is signed by 0x|has no signature/],
      ["whose total was raised", flip(47), /^bytes of receipt/],
      ["whose list was changed", flip(150), /^segmentsRoot of receipt/],
    ] as const) {
      it(title, async () => {
        const { findings } = await audit(1, "--receipts", tampered(title.replaceAll(" ", "-"), tamper));
        expect(findings[0]?.what).to.match(what);
        expect(findings[0]?.channel).to.match(/^0x[0-9a-f]{64}$/);
      });
    }
  });
});

describe("the books of an audit", () => {
  const signer = `0x${"11".repeat(20)}` as const;
  const payee = `0x${"22".repeat(20)}` as const;
  const terms = { signer, payee, pricePerGiB: 1n << 30n, gracePeriod: 3_600, nonce: 1n };
  const id = channelId(terms);
  const life = (): WeirEvent[] =>
    [
      { eventName: "AccountOpened", args: { signer, owner: payee } },
      { eventName: "Deposited", args: { signer, from: payee, amount: 100n } },
      { eventName: "Funded", args: { channelId: id, deposit: 60n, ...terms } },
      { eventName: "Settled", args: { payee, settlements: [{ channelId: id, amount: 50n, settledBytes: 50n }] } },
      { eventName: "Closed", args: { channelId: id, signer, payee, settledBytes: 50n, refund: 10n } },
      { eventName: "Withdrawn", args: { signer, to: payee, amount: 50n } },
      { eventName: "EarningsWithdrawn", args: { payee, to: payee, amount: 48n } },
    ].map((event, i) => ({ ...event, transactionHash: `0x${i}`, blockNumber: BigInt(i) })) as unknown as WeirEvent[];
  const findingsOf = (events: readonly WeirEvent[]): string[] => {
    const findings = newFindings();
    keepEscrow(events, 500, findings);
    keepStakes(events, findings);
    return findings.list.map(({ what }) => what);
  };

  it("add up for a true story", () => {
    expect(findingsOf(life())).to.deep.equal([]);
  });
  it("do not for one of which any amount is changed or any event is missing", () => {
    for (const [i, { args, eventName }] of life().entries()) {
      const others = life();
      if (eventName === "Settled") {
        const [settlement] = args.settlements;
        const wrong = { ...args, settlements: [{ ...settlement!, amount: 49n }] };
        others[i] = { ...others[i]!, args: wrong } as WeirEvent;
        expect(findingsOf(others), eventName).to.not.deep.equal([]);
      } else {
        for (const [name, value] of Object.entries(args)) {
          // The least deposit that will do is no contradiction; what the escrow holds shows that.
          if (typeof value !== "bigint" || name === "nonce" || eventName === "Deposited") continue;
          others[i] = { ...life()[i]!, args: { ...args, [name]: value + 1n } } as WeirEvent;
          const found = findingsOf(others);
          if (eventName !== "Withdrawn") expect(found, `${eventName} ${name}`).to.not.deep.equal([]);
        }
      }
    }
    for (const missing of ["Deposited", "Funded", "Settled"]) {
      expect(findingsOf(life().filter(({ eventName }) => eventName !== missing)), missing).to.not.deep.equal([]);
    }
  });
  it("follow a slash and what its reporter gets", () => {
    const operator = payee;
    const events = [
      { eventName: "Staked", args: { operator, amount: 1_000n, shares: 1n } },
      {
        eventName: "Slashed",
        args: { operator, agent: signer, reporter: signer, own: 500n, delegated: 0n, reporterCut: 150n },
      },
      { eventName: "RewardsClaimed", args: { account: signer, to: signer, amount: 150n } },
    ].map((event) => ({ ...event, transactionHash: "0x1", blockNumber: 1n })) as unknown as WeirEvent[];
    const findings = newFindings();
    const { claimable, operators, totals } = keepStakes(events, findings);
    expect(findings.list).to.deep.equal([]);
    expect([operators.get(operator), claimable.get(signer)]).to.deep.equal([500n, 0n]);
    expect(totals).to.include({ slashed: 500n, reporterCuts: 150n, rewardsClaimed: 150n });
  });
});
