import { expect } from "chai";
import { id } from "ethers";
import { packTerms } from "../../sdk/core/index.ts";
import type { Channel } from "../../sdk/core/index.ts";
import type { IPaymentChannels } from "../../types/ethers-contracts/index.js";
import {
  booked,
  channelOf,
  ethers,
  fundOf,
  GIB,
  idOf,
  loadWeir,
  networkHelpers,
  openChannel,
  registerPayee,
  rowOf,
  sessionOf,
  tokens,
} from "./fixture.ts";
import { BAD_SIGNATURE, CHANNEL_CLOSED, CHANNEL_UNKNOWN, DEPOSIT_SPENT, NOTHING_NEW } from "./skipReasons.ts";

/** EIP-7825: no transaction may use more gas. */
const TRANSACTION_GAS_CAP = 16_777_216n;
/** Pools drop larger transactions. */
const TRANSACTION_SIZE_CAP = 128 * 1024;

describe("a batch", () => {
  it("pays its good rows and says of every other why it was skipped", async () => {
    const weir = await loadWeir();
    const { escrow, token, session, payee, stranger } = weir;
    const open = async (nonce: bigint, deposit = tokens("1")): Promise<Channel> =>
      openChannel(weir, deposit, { nonce });
    const [good, stale, spent, closed] = [await open(1n), await open(2n), await open(3n), await open(4n)] as const;
    await escrow.settle(payee, [await rowOf(weir, session, stale, 100n), await rowOf(weir, session, spent, 2n * GIB)]);
    await escrow.connect(payee).close(closed, 0n);
    const never = channelOf(weir, { nonce: 5n });
    const forged = { ...channelOf(weir), signer: stranger.address as `0x${string}` };
    const receipt = await rowOf(weir, session, good, 1_000n);
    const rows = [
      { ...receipt, vs: ethers.toBeHex((1n << 255n) - 1n, 32) },
      { ...receipt, r: ethers.ZeroHash },
      await rowOf(weir, session, never, 1n),
      await rowOf(weir, stranger, forged, 1n),
      await rowOf(weir, session, closed, 1n),
      await rowOf(weir, session, stale, 100n),
      await rowOf(weir, session, spent, 3n * GIB),
      receipt,
      await rowOf(weir, session, good, 999n),
    ];
    const transaction = escrow.connect(stranger).settle(payee, rows);
    const skips: [string, number, bigint][] = [
      [ethers.ZeroHash, 0, BAD_SIGNATURE],
      [ethers.ZeroHash, 1, BAD_SIGNATURE],
      [idOf(never), 2, CHANNEL_UNKNOWN],
      [idOf(forged), 3, CHANNEL_UNKNOWN],
      [idOf(closed), 4, CHANNEL_CLOSED],
      [idOf(stale), 5, NOTHING_NEW],
      [idOf(spent), 6, DEPOSIT_SPENT],
      [idOf(good), 8, NOTHING_NEW],
    ];
    for (const [channel, row, reason] of skips) {
      await expect(transaction).to.emit(escrow, "SettleSkipped").withArgs(payee.address, channel, row, reason);
    }
    await expect(transaction).to.emit(escrow, "Settled");
    const skipped = (await (await transaction).wait())!.logs.filter(
      (log) => escrow.interface.parseLog(log)?.name === "SettleSkipped",
    );
    expect(skipped).to.have.length(skips.length);
    expect((await escrow.channel(idOf(good))).settledBytes).to.equal(1_000n);
    const channels = [good, stale, spent, closed];
    const sum = await booked(weir, { signers: [session.address], channels, payees: [payee.address] });
    expect(await token.balanceOf(escrow)).to.equal(sum);
  });

  it("pays the same for the same receipts in any order, in one batch or in several, whoever sends it", async () => {
    const weir = await loadWeir();
    const { escrow, session, payee, agent, stranger } = weir;
    const channels = [
      await openChannel(weir, tokens("1"), { nonce: 1n }),
      await openChannel(weir, 777n, { nonce: 2n, pricePerGiB: 12_345_678_901n }),
    ];
    const rows: IPaymentChannels.SettleRowStruct[] = [];
    for (const channel of channels) {
      for (const bytes of [333n, 77_777_777n, 123_456_789n]) rows.push(await rowOf(weir, session, channel, bytes));
    }
    const outcome = async (send: () => Promise<unknown>): Promise<bigint[]> => {
      const snapshot = await networkHelpers.takeSnapshot();
      await send();
      const { balance, fees, provenBytes } = await escrow.earningsOf(payee);
      await snapshot.restore();
      return [balance + fees, provenBytes];
    };
    const atOnce = await outcome(async () => escrow.settle(payee, rows));
    const backwards = await outcome(async () => escrow.connect(stranger).settle(payee, rows.toReversed()));
    const oneByOne = await outcome(async () => {
      for (const row of rows) await escrow.connect(agent).settle(payee, [row]);
    });
    expect(backwards).to.deep.equal(atOnce);
    expect(oneByOne).to.deep.equal(atOnce);
    expect(atOnce[0]).to.be.greaterThan(0n);
  });

  it("of nothing but bad rows, or of no rows, changes nothing", async () => {
    const weir = await loadWeir();
    const { escrow, payee, session } = weir;
    const row = await rowOf(weir, session, channelOf(weir), 5n);
    for (const rows of [[], [row]]) {
      expect(await escrow.settle.staticCall(payee, rows)).to.equal(0n);
      await expect(escrow.settle(payee, rows)).not.to.emit(escrow, "Settled");
    }
    expect(await escrow.earningsOf(payee)).to.deep.equal([0n, 0n, 0n]);
  });

  it("of 300 channels fits into a transaction, and so does funding 100 of them", async () => {
    const weir = await loadWeir();
    const { escrow, payer, payee, session } = weir;
    const channels = Array.from({ length: 300 }, (_, index) =>
      channelOf(weir, { nonce: BigInt(id(`nonce ${index}`)) & ((1n << 64n) - 1n) }),
    );
    await escrow.connect(payer).deposit(session, payer, tokens("300"), await sessionOf(weir));
    for (let start = 0; start < channels.length; start += 100) {
      const calls = channels
        .slice(start, start + 100)
        .map((channel) => escrow.interface.encodeFunctionData("fund", [channel, tokens("1")]));
      const { gasUsed } = (await (await escrow.connect(payer).multicall(calls)).wait())!;
      expect(gasUsed).to.be.lessThan(TRANSACTION_GAS_CAP);
    }
    const rows = await Promise.all(
      channels.map(async (channel, index) => rowOf(weir, session, channel, (9_999_991n * BigInt(index + 1)) % GIB)),
    );
    const transaction = await escrow.settle(payee, rows);
    expect((transaction.data.length - 2) / 2).to.be.lessThan(TRANSACTION_SIZE_CAP);
    expect((await transaction.wait())!.gasUsed).to.be.lessThan(TRANSACTION_GAS_CAP);
    expect((await escrow.earningsOf(payee)).provenBytes).to.equal(
      channels.reduce((sum, _, index) => sum + ((9_999_991n * BigInt(index + 1)) % GIB), 0n),
    );
  }).timeout(240_000);
});

describe("funding many channels at once", () => {
  const fundingOf = (channel: Channel, total: bigint): IPaymentChannels.FundingStruct => ({
    payee: channel.payee,
    terms: packTerms({ ...channel, deliveredBytes: 0n }),
    total,
  });

  it("does what funding each of them does, for payees of any number", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, payee, agent } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("9"), await sessionOf(weir));
    const pending = channelOf(weir, { nonce: 3n });
    await escrow.connect(payer).fund(pending, tokens("1"));
    await escrow.connect(payer).requestClose(pending);
    const fresh = [channelOf(weir), channelOf({ session, payee: agent }, { nonce: 2n, pricePerGiB: 7n })];
    const channels = [...fresh, pending];
    const fundings = [fundingOf(fresh[0]!, tokens("2")), fundingOf(fresh[1]!, tokens("3")), fundingOf(pending, 0n)];
    const transaction = escrow.connect(payer).fundMany(session, fundings);
    for (const [index, channel] of fresh.entries()) {
      const { terms, total } = fundings[index]!;
      await expect(transaction)
        .to.emit(escrow, "Funded")
        .withArgs(idOf(channel), session.address, channel.payee, terms, total);
    }
    await expect(transaction).to.emit(escrow, "CloseCancelled").withArgs(idOf(pending), session.address, payee.address);
    const deposits = await Promise.all(channels.map(async (channel) => (await escrow.channel(idOf(channel))).deposit));
    expect(deposits).to.deep.equal([tokens("2"), tokens("3"), tokens("1")]);
    expect(await booked(weir, { signers: [session.address], channels, payees: [] })).to.equal(
      await token.balanceOf(escrow),
    );
    await escrow.settle(agent, [await rowOf(weir, session, fresh[1]!, GIB)]);
    expect((await escrow.channel(idOf(fresh[1]!))).settledBytes).to.equal(GIB);
  });

  it("is for the payer alone, and does all or nothing", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, payee, stranger } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("3"), await sessionOf(weir));
    const [first, second] = [channelOf(weir), channelOf(weir, { nonce: 2n })];
    for (const caller of [payee, stranger]) {
      await expect(escrow.connect(caller).fundMany(session, [fundingOf(first, 1n)]))
        .to.be.revertedWithCustomError(escrow, "NotPayer")
        .withArgs(payer.address, session.address, caller.address);
    }
    await expect(
      escrow.connect(payer).fundMany(session, [fundingOf(first, tokens("2")), fundingOf(second, tokens("2"))]),
    )
      .to.be.revertedWithCustomError(escrow, "InsufficientBalance")
      .withArgs(tokens("2"), tokens("1"));
    await escrow.connect(payer).fund(second, 1n);
    await escrow.connect(payee).close(second, 0n);
    await expect(escrow.connect(payer).fundMany(session, [fundingOf(first, 1n), fundingOf(second, 2n)]))
      .to.be.revertedWithCustomError(escrow, "ChannelIsClosed")
      .withArgs(idOf(second));
    await expect(
      escrow.connect(payer).fundMany(session, [fundingOf(channelOf(weir, { pricePerGiB: 0n }), 1n)]),
    ).to.be.revertedWithCustomError(escrow, "InvalidTerms");
    expect((await escrow.channel(idOf(first))).deposit).to.equal(0n);
  });
});

describe("a multicall", () => {
  it("funds, settles, closes and pays out in the agent's one transaction", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, payee, agent, cold } = weir;
    await registerPayee(weir);
    await escrow.connect(payer).deposit(session, payer, tokens("5"), await sessionOf(weir));
    const channel = channelOf(weir);
    const validUntil = (await networkHelpers.time.latest()) + 1_000;
    const row = await rowOf(weir, session, channel, GIB);
    const fund = await fundOf(weir, channel, tokens("2"), validUntil);
    await escrow
      .connect(agent)
      .multicall([
        escrow.interface.encodeFunctionData("fundWithSignature", [channel, tokens("2"), validUntil, fund]),
        escrow.interface.encodeFunctionData("settle", [payee.address, [row]]),
        escrow.interface.encodeFunctionData("close", [channel, GIB]),
        escrow.interface.encodeFunctionData("withdrawEarnings", [payee.address]),
      ]);
    expect(await escrow.channel(idOf(channel))).to.deep.equal([tokens("1"), GIB, 0n, true]);
    expect(await token.balanceOf(cold)).to.equal(tokens("0.975"));
    expect((await escrow.account(session)).balance).to.equal(tokens("4"));
  });

  it("does all or nothing, and reverts with the failing call's own error", async () => {
    const weir = await loadWeir();
    const { escrow, session, payee } = weir;
    const channel = await openChannel(weir, tokens("1"));
    const row = await rowOf(weir, session, channel, 1_000n);
    const calls = [
      escrow.interface.encodeFunctionData("settle", [payee.address, [row]]),
      escrow.interface.encodeFunctionData("close", [channel, 2_000n]),
    ];
    await expect(escrow.connect(payee).multicall(calls))
      .to.be.revertedWithCustomError(escrow, "SettledBytesTooLow")
      .withArgs(2_000n, 1_000n);
    expect((await escrow.channel(idOf(channel))).settledBytes).to.equal(0n);
  });

  it("lends nobody another's rights, however deep it is nested", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, stranger } = weir;
    await escrow.connect(payer).deposit(session, payer, 9n, await sessionOf(weir));
    let call = escrow.interface.encodeFunctionData("withdraw", [session.address, 9n, stranger.address]);
    for (let depth = 0; depth < 3; depth += 1) {
      await expect(escrow.connect(stranger).multicall([call]))
        .to.be.revertedWithCustomError(escrow, "NotAccountOwner")
        .withArgs(payer.address, stranger.address);
      call = escrow.interface.encodeFunctionData("multicall", [[call]]);
    }
  });

  it("takes no coins", async () => {
    const { escrow, payer } = await loadWeir();
    const data = escrow.interface.encodeFunctionData("multicall", [[]]);
    await expect(payer.sendTransaction({ to: escrow, data, value: 1n })).to.be.revertedWithoutReason(ethers);
    await expect(payer.sendTransaction({ to: escrow, value: 1n })).to.be.revertedWithoutReason(ethers);
  });
});
