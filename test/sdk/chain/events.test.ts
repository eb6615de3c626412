import { expect } from "chai";
import { concat, getAddress, numberToHex, size, zeroAddress } from "viem";
import type { Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  deliveryDisputesAbi,
  operatorRegistryAbi,
  paymentChannelsAbi,
  rewardsDistributorAbi,
  stakeManagerAbi,
} from "../../../sdk/abis/index.ts";
import {
  cancelBeneficiaryProposalSync,
  claimRewardsSync,
  clearAgentSync,
  closeSync,
  commitDisputeSync,
  decodeEvents,
  deregisterSync,
  distributeSync,
  fundSync,
  fundWithSignatureSync,
  getWeirEvents,
  proposeBeneficiarySync,
  registerSync,
  reportManifestContradictionSync,
  requestCloseSync,
  setBeneficiarySync,
  setCommissionSync,
  settleSync,
  signAgent,
  signFund,
  unbondSync,
  withdrawEarningsSync,
  withdrawStakeSync,
  withdrawSync,
} from "../../../sdk/chain/index.ts";
import type { Listing, MinedLog, WeirEvent } from "../../../sdk/chain/index.ts";
import {
  channelId,
  deliveryCommitment,
  leafEntry,
  manifestProof,
  manifestRoot,
  paymentChannelsDomain,
} from "../../../sdk/core/index.ts";
import type { Address, Channel, Deployment } from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import type { Payer } from "../../helpers/openPayer.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import { enterNextEpoch, newDelegator, SMALL_STAKES, stakedOperator } from "../../helpers/stakedOperator.ts";
import type { StagedOperator } from "../../helpers/stakedOperator.ts";

const WORD: Hex = `0x${"33".repeat(32)}`;

/** By the name that events carry. */
const ABIS = {
  PaymentChannels: paymentChannelsAbi,
  OperatorRegistry: operatorRegistryAbi,
  StakeManager: stakeManagerAbi,
  RewardsDistributor: rewardsDistributorAbi,
  DeliveryDisputes: deliveryDisputesAbi,
} as const;

const listing: Listing = { pricePerGiB: 1n, endpoint: "https://relay.example/", region: "", metadataURI: "" };

describe("events", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let relay: LocalWallet;
  let payee: Address;
  let payer: Payer;
  let channel: Channel;
  let staker: StagedOperator;
  let delegator: LocalWallet;
  let all: readonly WeirEvent[];

  before(async () => {
    local = await startLocalDeployment({ ...SMALL_STAKES, feeBps: 100 });
    deployment = local.deployment;
    relay = local.wallet(5);
    payee = relay.account.address;
    await liveAsOperator();
    await liveAsStaker();
    await liveAsPayer();
    all = await getWeirEvents(relay, { deployment });
  });
  after(async () => local.stop());

  async function liveAsOperator(): Promise<void> {
    const key = privateKeyToAccount(generatePrivateKey());
    const signature = await signAgent(key, { deployment, operator: payee });
    await registerSync(relay, { deployment, listing, beneficiary: zeroAddress, agent: key.address, signature });
    await proposeBeneficiarySync(relay, { deployment, beneficiary: payee });
    await cancelBeneficiaryProposalSync(relay, { deployment, operator: payee });
    await setBeneficiarySync(relay, { deployment, operator: payee, beneficiary: zeroAddress });
    await clearAgentSync(relay, { deployment });
    await deregisterSync(relay, { deployment });
  }

  async function liveAsStaker(): Promise<void> {
    staker = await stakedOperator(local, 1_000n);
    const { agent, operator, wallet } = staker;
    await setCommissionSync(wallet, { deployment, commissionBps: 1_000 });
    delegator = await newDelegator(local, operator, 5_000n);
    await enterNextEpoch(local);
    const earner = await openPayer(local, 10_000n);
    const rows = [await earner.row(await earner.fundedChannel(operator, 10_000n), 10_000n)];
    await settleSync(relay, { deployment, payee: operator, rows });
    await distributeSync(relay, { deployment, operator });
    await claimRewardsSync(relay, { deployment, account: operator });
    await unbondSync(delegator, { deployment, operator, shares: 1_000_000n });
    await local.sleep(SMALL_STAKES.unbondingPeriod);
    await withdrawStakeSync(delegator, { deployment, index: 0n });

    const leaves = [{ path: "a.ts", contentHash: WORD, size: 1n }];
    const entry = leafEntry(leaves[0]!);
    const lie = { channelId: WORD, manifestRoot: manifestRoot(leaves), ...entry, size: 2n };
    const delivery = await signDelivery(paymentChannelsDomain(deployment), agent, lie);
    const salt = generatePrivateKey();
    const commitment = deliveryCommitment({ reporter: payee, salt, deliveries: [delivery] });
    await commitDisputeSync(relay, { deployment, commitment });
    await local.sleep(61);
    const listed = manifestProof(leaves, entry.resource);
    await reportManifestContradictionSync(relay, { deployment, delivery, listed, salt });
  }

  async function liveAsPayer(): Promise<void> {
    payer = await openPayer(local, 10_000n);
    channel = await payer.fundedChannel(payee, 1_000n);
    const other = await payer.fundedChannel(local.wallet(7).account.address, 1_000n);
    const row = await payer.row(channel, 600n);
    await settleSync(relay, { deployment, payee, rows: [row, row] });
    const terms = { deployment, channel, total: 900n, validUntil: 4_000_000_000 };
    await fundWithSignatureSync(relay, { ...terms, signature: await signFund(payer.signer, terms) });
    await requestCloseSync(payer.owner, { deployment, channel });
    await fundSync(payer.owner, { deployment, channel, total: 0n });
    await closeSync(relay, { deployment, channel, minSettledBytes: 600n });
    await requestCloseSync(payer.owner, { deployment, channel: other });
    await withdrawEarningsSync(relay, { deployment, payee });
    await distributeSync(relay, { deployment, operator: payee });
    const to = payer.owner.account.address;
    await withdrawSync(payer.owner, { deployment, signer: payer.signer.address, amount: 1n, to });
  }

  const names = (events: readonly WeirEvent[]): string[] => events.map(({ eventName }) => eventName);

  it("are decoded, every one that the contracts have", () => {
    const declared = Object.values(ABIS)
      .flat()
      .flatMap((item) => (item.type === "event" && item.name !== "EIP712DomainChanged" ? [item.name] : []));
    expect([...new Set(names(all))].sort()).to.deep.equal([...new Set(declared)].sort());
  });

  it("come in the order of the chain, with their place and their contract", () => {
    for (const [i, event] of all.entries()) {
      const next = all[i + 1];
      const isOrdered =
        next === undefined ||
        next.blockNumber > event.blockNumber ||
        (next.blockNumber === event.blockNumber && next.logIndex > event.logIndex);
      expect(isOrdered).to.equal(true);
      expect(event.transactionHash).to.match(/^0x[0-9a-f]{64}$/);
      expect(ABIS[event.contract].some((item) => item.type === "event" && item.name === event.eventName)).to.equal(
        true,
      );
    }
  });

  it("are the same in pages of any length", async () => {
    for (const blocksPerRequest of [1n, 3n, 1_000n]) {
      expect(await getWeirEvents(relay, { deployment, blocksPerRequest })).to.deep.equal(all);
    }
  });

  it("can be asked for by range", async () => {
    const { blockNumber } = all.at(-1)!;
    const last = await getWeirEvents(relay, { deployment, fromBlock: blockNumber, toBlock: blockNumber });
    expect(names(last)).to.deep.equal(["Withdrawn"]);
    expect(await getWeirEvents(relay, { deployment, fromBlock: blockNumber + 1n })).to.deep.equal([]);
  });

  it("can be asked for by name, and are typed by it", async () => {
    const [settled, ...more] = await getWeirEvents(relay, { deployment, eventNames: ["Settled"], where: { payee } });
    expect(more).to.deep.equal([]);
    // No narrowing needed: these members exist on this event alone.
    expect(settled?.args.settlements).to.deep.equal([
      { channelId: channelId(channel), amount: 600n, settledBytes: 600n },
    ]);
  });

  it("can be asked for by what they are about, wherever the argument stands", async () => {
    const of = async (where: Parameters<typeof getWeirEvents>[1]["where"]): Promise<string[]> =>
      names(await getWeirEvents(relay, { deployment, where }));
    expect(await of({ payee })).to.deep.equal([
      "Funded",
      "SettleSkipped",
      "Settled",
      "FundSkipped",
      "CloseRequested",
      "CloseCancelled",
      "Closed",
      "EarningsWithdrawn",
      "FeesCollected",
    ]);
    expect(await of({ channelId: channelId(channel) })).to.deep.equal([
      "Funded",
      "SettleSkipped",
      "FundSkipped",
      "CloseRequested",
      "CloseCancelled",
      "Closed",
    ]);
    expect(await of({ signer: payer.signer.address, payee })).to.deep.equal([
      "Funded",
      "CloseRequested",
      "CloseCancelled",
      "Closed",
    ]);
    expect(await of({ operator: payee })).to.deep.equal([
      "OperatorRegistered",
      "ListingUpdated",
      "AgentSet",
      "BeneficiaryProposed",
      "BeneficiaryProposalCancelled",
      "BeneficiarySet",
      "AgentRevoked",
      "OperatorDeregistered",
      "RewardsDistributed",
    ]);
    const { operator } = staker;
    expect((await of({ operator })).slice(3)).to.deep.equal([
      "Staked",
      "CommissionSet",
      "Delegated",
      "RewardsDistributed",
      "RewardsAdded",
      "UnbondingStarted",
      "StakeWithdrawn",
      "DeliveryDisputed",
      "Slashed",
    ]);
    expect(await of({ delegator: delegator.account.address })).to.deep.equal(["Delegated"]);
    expect(await of({ holder: delegator.account.address })).to.deep.equal(["UnbondingStarted", "StakeWithdrawn"]);
    expect(await of({ account: operator })).to.deep.equal(["RewardsClaimed"]);
    expect(await of({ operator, reporter: payee })).to.deep.equal(["DeliveryDisputed", "Slashed"]);
    const committed = all.find((event) => event.eventName === "Committed")!;
    expect(await of({ commitment: committed.args.commitment })).to.deep.equal(["Committed"]);
    expect(await of({ operator: payer.owner.account.address })).to.deep.equal([]);
    expect(await of({ payee, operator: payee })).to.deep.equal([]);
  });

  it("of another contract are left out, however much they look like ours", async () => {
    const genuine = await local.publicClient.getTransactionReceipt({ hash: all.at(-1)!.transactionHash });
    const [log] = genuine.logs.filter(({ address }) => getAddress(address) === deployment.paymentChannels.address);
    const spoof: Address = `0x${"ee".repeat(20)}`;
    await local.testClient.setCode({ address: spoof, bytecode: emitting(log!.topics, log!.data) });
    const hash = await relay.sendTransaction({ to: spoof, chain: null, gas: 100_000n });
    const { logs } = await local.publicClient.waitForTransactionReceipt({ hash });
    expect(logs[0]).to.deep.include({ topics: log!.topics, data: log!.data });
    expect(decodeEvents(logs, { deployment })).to.deep.equal([]);
    expect(names(decodeEvents([...logs, ...genuine.logs], { deployment }))).to.deep.equal(["Withdrawn"]);
  });

  it("that are not Weir's are refused, if the escrow's address emits them", async () => {
    const { logs } = await local.publicClient.getTransactionReceipt({ hash: all[0]!.transactionHash });
    const unknown: Hex = `0x${"77".repeat(32)}`;
    const renamed = logs.map((log): MinedLog => ({ ...log, topics: [unknown] }));
    expect(await errorCode(() => decodeEvents(renamed, { deployment }))).to.equal("wrong-contract");
    const shortened = logs.map((log): MinedLog => ({ ...log, data: "0x", topics: [log.topics[0]!] }));
    expect(await errorCode(() => decodeEvents(shortened, { deployment }))).to.equal("wrong-contract");
  });

  it("with a reason that the escrow cannot give are refused", async () => {
    const skipped = all.find(({ eventName }) => eventName === "FundSkipped")!;
    const { logs } = await local.publicClient.getTransactionReceipt({ hash: skipped.transactionHash });
    for (const reason of [0, 11, 255]) {
      const forged = logs.map((log): MinedLog => ({ ...log, data: numberToHex(reason, { size: 32 }) }));
      expect(await errorCode(() => decodeEvents(forged, { deployment }))).to.equal("malformed-message");
    }
  });
});

/** Code that emits one log and stops. */
function emitting(topics: readonly Hex[], data: Hex): Hex {
  const length = numberToHex(size(data), { size: 2 });
  const pushes = [...topics].reverse().flatMap((topic): Hex[] => ["0x7f", topic]);
  const log = numberToHex(0xa0 + topics.length, { size: 1 });
  // PUSH2 length, PUSH2 offset, PUSH1 0, CODECOPY; the topics; PUSH2 length, PUSH1 0, LOGn, STOP; then the data.
  const offset = numberToHex(9 + 33 * topics.length + 7, { size: 2 });
  return concat(["0x61", length, "0x61", offset, "0x600039", ...pushes, "0x61", length, "0x6000", log, "0x00", data]);
}
