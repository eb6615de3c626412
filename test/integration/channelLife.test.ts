import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";
import { packTerms } from "../../sdk/core/index.ts";
import type { Channel } from "../../sdk/core/index.ts";
import {
  booked,
  channelOf,
  ethers,
  FEE_BPS,
  GIB,
  idOf,
  loadWeir,
  networkHelpers,
  registerPayee,
  rowOf,
  sessionOf,
  tokens,
} from "./fixture.ts";
import type { Weir } from "./fixture.ts";
import { CHANNEL_CLOSED, DEPOSIT_SPENT } from "./skipReasons.ts";

describe("the life of a channel", () => {
  it("pays the relay, the collector and the viewer to the wei, in events and in tokens", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, payee, agent, cold, collector, stranger } = weir;
    await registerPayee(weir);
    const channel = channelOf(weir, { pricePerGiB: tokens("1") + 1n });
    const id = idOf(channel);
    const conserved = async (): Promise<void> => {
      const sum = await booked(weir, { signers: [session.address], channels: [channel], payees: [payee.address] });
      expect(await token.balanceOf(escrow)).to.equal(sum);
    };

    await expect(escrow.connect(payer).deposit(session, payer, tokens("10"), await sessionOf(weir)))
      .to.emit(escrow, "AccountOpened")
      .withArgs(session.address, payer.address)
      .and.to.emit(escrow, "Deposited")
      .withArgs(session.address, payer.address, tokens("10"));
    await conserved();

    await expect(escrow.connect(payer).fund(channel, tokens("3")))
      .to.emit(escrow, "Funded")
      .withArgs(id, session.address, payee.address, packTerms({ ...channel, deliveredBytes: 0n }), tokens("3"));
    expect((await escrow.account(session)).balance).to.equal(tokens("7"));
    await conserved();

    const first = 123_456_789n;
    const cost = (first * channel.pricePerGiB) / GIB;
    const fee = (cost * FEE_BPS) / 10_000n;
    const settled = await wait(escrow.connect(agent).settle(payee, [await rowOf(weir, session, channel, first)]));
    expect(settlementsIn(weir, settled)).to.deep.equal([
      { payee: payee.address, rows: [{ channelId: id, amount: cost, settledBytes: first }] },
    ]);
    expect(await escrow.earningsOf(payee)).to.deep.equal([cost - fee, fee, first]);
    await conserved();

    // More than the deposit pays for: what is covered is paid now, the rest after a top-up, with the same receipt.
    const second = 5n * GIB;
    const covered = await escrow.coveredBytes(tokens("3"), channel.pricePerGiB);
    const row = await rowOf(weir, session, channel, second);
    await escrow.connect(stranger).settle(payee, [row]);
    expect((await escrow.channel(id)).settledBytes).to.equal(covered);
    await expect(escrow.settle(payee, [row]))
      .to.emit(escrow, "SettleSkipped")
      .withArgs(payee.address, id, 0, DEPOSIT_SPENT);
    await conserved();
    await escrow.connect(payer).fund(channel, tokens("10"));
    await escrow.settle(payee, [row]);
    expect((await escrow.channel(id)).settledBytes).to.equal(second);
    await conserved();

    const total = (second * channel.pricePerGiB) / GIB;
    await expect(escrow.connect(agent).close(channel, second))
      .to.emit(escrow, "Closed")
      .withArgs(id, session.address, payee.address, second, tokens("10") - total);
    expect(await escrow.channel(id)).to.deep.equal([total, second, 0n, true]);
    await conserved();

    const { balance, fees } = await escrow.earningsOf(payee);
    expect(balance + fees).to.equal(total);
    const withdrawEarnings = escrow.connect(stranger).withdrawEarnings(payee);
    await expect(withdrawEarnings).to.emit(escrow, "EarningsWithdrawn").withArgs(payee.address, cold.address, balance);
    await expect(withdrawEarnings).to.changeTokenBalances(
      ethers,
      token,
      [escrow, cold, payee],
      [-balance, balance, 0n],
    );
    const collectFees = escrow.connect(collector).collectFees(payee);
    await expect(collectFees).to.emit(escrow, "FeesCollected").withArgs(payee.address, fees);
    await expect(collectFees).to.changeTokenBalances(ethers, token, [escrow, collector], [-fees, fees]);
    const rest = tokens("10") - total;
    const withdraw = escrow.connect(payer).withdraw(session, rest, payer);
    await expect(withdraw).to.emit(escrow, "Withdrawn").withArgs(session.address, payer.address, rest);
    await expect(withdraw).to.changeTokenBalances(ethers, token, [escrow, payer], [-rest, rest]);
    expect(await token.balanceOf(escrow)).to.equal(0n);
  });

  it("serves several relays from one account, one after the other and at once", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, payee, agent, stranger } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("3"), await sessionOf(weir));
    const relays = [payee, agent, stranger];
    const channels = relays.map((relay, index) =>
      channelOf({ session, payee: relay }, { nonce: BigInt(index), pricePerGiB: tokens("1") + BigInt(index) }),
    );
    for (const channel of channels) await escrow.connect(payer).fund(channel, tokens("1"));
    await expect(escrow.connect(payer).fund(channels[0]!, tokens("1") + 1n))
      .to.be.revertedWithCustomError(escrow, "InsufficientBalance")
      .withArgs(1n, 0n);
    for (const [index, relay] of relays.entries()) {
      const channel = channels[index]!;
      await escrow.settle(relay, [await rowOf(weir, session, channel, 1_000_000n * BigInt(index + 1))]);
      await escrow.connect(relay).close(channel, 0n);
    }
    // What came back is free for the next relay at once.
    const next: Channel = channelOf(weir, { nonce: 99n });
    await escrow.connect(payer).fund(next, (await escrow.account(session)).balance);
    const sum = await booked(weir, {
      signers: [session.address],
      channels: [...channels, next],
      payees: relays.map((relay) => relay.address),
    });
    expect(await token.balanceOf(escrow))
      .to.equal(sum)
      .and.to.equal(tokens("3"));
  });

  it("never opens a closed channel again", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, payee } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("2"), await sessionOf(weir));
    const channel = channelOf(weir);
    const id = idOf(channel);
    await escrow.connect(payer).fund(channel, tokens("1"));
    await escrow.connect(payee).close(channel, 0n);
    await expect(escrow.connect(payer).fund(channel, tokens("1")))
      .to.be.revertedWithCustomError(escrow, "ChannelIsClosed")
      .withArgs(id);
    await expect(escrow.connect(payer).requestClose(channel)).to.be.revertedWithCustomError(escrow, "ChannelIsClosed");
    await expect(escrow.connect(payee).close(channel, 0n)).to.be.revertedWithCustomError(escrow, "ChannelIsClosed");
    await expect(escrow.finalizeClose(channel)).to.be.revertedWithCustomError(escrow, "ChannelIsClosed");
    await expect(escrow.settle(payee, [await rowOf(weir, session, channel, GIB)]))
      .to.emit(escrow, "SettleSkipped")
      .withArgs(payee.address, id, 0, CHANNEL_CLOSED);
    expect((await escrow.account(session)).balance).to.equal(tokens("2"));
  });

  it("keeps a receipt good for the whole grace period, to its last second", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, payee, stranger } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("1"), await sessionOf(weir));
    const channel = channelOf(weir);
    await escrow.connect(payer).fund(channel, tokens("1"));
    await escrow.connect(payer).requestClose(channel);
    const ripe = (await escrow.channel(idOf(channel))).closeRequestedAt + BigInt(channel.gracePeriod);
    await networkHelpers.time.setNextBlockTimestamp(ripe - 1n);
    await expect(escrow.connect(stranger).finalizeClose(channel))
      .to.be.revertedWithCustomError(escrow, "GracePeriodNotOver")
      .withArgs(ripe, ripe - 1n);
    await networkHelpers.time.setNextBlockTimestamp(ripe);
    await escrow.settle(payee, [await rowOf(weir, session, channel, GIB / 2n)]);
    expect((await escrow.channel(idOf(channel))).settledBytes).to.equal(GIB / 2n);
    await escrow.connect(stranger).finalizeClose(channel);
    expect((await escrow.account(session)).balance).to.equal(tokens("0.5"));
  });
});

async function wait(
  transaction: Promise<{ wait(): Promise<ContractTransactionReceipt | null> }>,
): Promise<ContractTransactionReceipt> {
  return (await (await transaction).wait())!;
}

/** Every `Settled` of a transaction, unpacked. */
function settlementsIn({ escrow }: Weir, receipt: ContractTransactionReceipt): unknown[] {
  return receipt.logs
    .map((log) => escrow.interface.parseLog(log))
    .filter((event) => event?.name === "Settled")
    .map((event) => {
      const [payee, settlements] = event!.args as unknown as [string, { channelId: string; settled: bigint }[]];
      const rows = settlements.map(({ channelId, settled }) => ({
        channelId,
        amount: settled >> 64n,
        settledBytes: settled & ((1n << 64n) - 1n),
      }));
      return { payee, rows };
    });
}
