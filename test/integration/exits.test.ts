import { expect } from "chai";
import {
  channelOf,
  ethers,
  FEE_BPS,
  GIB,
  idOf,
  loadWeir,
  networkHelpers,
  openChannel,
  registerPayee,
  rowOf,
  sessionOf,
  sign,
  tokens,
} from "./fixture.ts";

describe("leaving alone", () => {
  it("the payer gets everything back that it signed for nobody, with no help, in the grace period", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, payee } = weir;
    const before = await token.balanceOf(payer);
    const channel = await openChannel(weir, tokens("6"));
    await escrow.settle(payee, [await rowOf(weir, session, channel, GIB)]);
    await expect(escrow.connect(payer).requestClose(channel)).to.emit(escrow, "CloseRequested");
    await networkHelpers.time.increase(channel.gracePeriod);
    await escrow.connect(payer).finalizeClose(channel);
    await escrow.connect(payer).withdraw(session, tokens("5"), payer);
    expect(await token.balanceOf(payer)).to.equal(before - tokens("1"));
  });

  it("the session key alone brings the money back to the account, and no further", async () => {
    const weir = await loadWeir();
    const { escrow, payer, stranger } = weir;
    // Any of the node's own keys can act as a session key here.
    const keyed = { ...weir, session: stranger };
    const channel = channelOf(keyed);
    const owner = payer.address as `0x${string}`;
    const session_ = await sign(stranger, weir.domain, "Session", { owner });
    await escrow.connect(payer).deposit(stranger, payer, tokens("2"), session_);
    await escrow.connect(stranger).fund(channel, tokens("2"));
    await escrow.connect(stranger).requestClose(channel);
    await networkHelpers.time.increase(channel.gracePeriod);
    await escrow.connect(stranger).finalizeClose(channel);
    expect((await escrow.account(stranger)).balance).to.equal(tokens("2"));
    await expect(escrow.connect(stranger).withdraw(stranger, 1n, stranger)).to.be.revertedWithCustomError(
      escrow,
      "NotAccountOwner",
    );
  });

  it("the payee needs neither payer nor operator's list: settle, close, withdraw", async () => {
    const weir = await loadWeir();
    const { escrow, token, session, payee } = weir;
    const channel = await openChannel(weir, tokens("6"));
    await escrow.connect(payee).settle(payee, [await rowOf(weir, session, channel, GIB)]);
    await escrow.connect(payee).close(channel, GIB);
    const net = tokens("1") - (tokens("1") * FEE_BPS) / 10_000n;
    await expect(escrow.connect(payee).withdrawEarnings(payee)).to.changeTokenBalance(ethers, token, payee, net);
  });

  it("a leaving payer cannot take back what it signed by giving its session key code", async () => {
    const weir = await loadWeir();
    const { escrow, session, payee, payer } = weir;
    const channel = await openChannel(weir, tokens("6"));
    const row = await rowOf(weir, session, channel, GIB);
    await networkHelpers.setCode(session.address, "0x60006000fd");
    await escrow.connect(payer).requestClose(channel);
    await expect(escrow.settle(payee, [row])).to.emit(escrow, "Settled");
    expect((await escrow.channel(idOf(channel))).settledBytes).to.equal(GIB);
  });

  it("only the payer asks to close, once; funding takes it back", async () => {
    const weir = await loadWeir();
    const { escrow, payer, payee, stranger } = weir;
    const unknown = channelOf(weir, { nonce: 77n });
    const channel = await openChannel(weir, tokens("1"));
    for (const caller of [payee, stranger]) {
      await expect(escrow.connect(caller).requestClose(channel))
        .to.be.revertedWithCustomError(escrow, "NotPayer")
        .withArgs(payer.address, channel.signer, caller.address);
    }
    await expect(escrow.connect(payer).requestClose(unknown))
      .to.be.revertedWithCustomError(escrow, "ChannelUnknown")
      .withArgs(idOf(unknown));
    await expect(escrow.finalizeClose(channel))
      .to.be.revertedWithCustomError(escrow, "CloseNotRequested")
      .withArgs(idOf(channel));
    await escrow.connect(payer).requestClose(channel);
    await expect(escrow.connect(payer).requestClose(channel)).to.be.revertedWithCustomError(
      escrow,
      "CloseAlreadyRequested",
    );
    await escrow.connect(payer).fund(channel, tokens("1"));
    await networkHelpers.time.increase(channel.gracePeriod);
    await expect(escrow.finalizeClose(channel)).to.be.revertedWithCustomError(escrow, "CloseNotRequested");
  });

  it("a fee collector takes its fees and nobody else's, when it likes", async () => {
    const weir = await loadWeir();
    const { escrow, token, session, payee, collector, stranger } = weir;
    const channel = await openChannel(weir, tokens("6"));
    await escrow.settle(payee, [await rowOf(weir, session, channel, GIB)]);
    await expect(escrow.connect(stranger).collectFees(payee))
      .to.be.revertedWithCustomError(escrow, "NotFeeCollector")
      .withArgs(collector.address, stranger.address);
    const fee = (tokens("1") * FEE_BPS) / 10_000n;
    await expect(escrow.connect(collector).collectFees(payee)).to.changeTokenBalance(ethers, token, collector, fee);
    await expect(escrow.connect(collector).collectFees(payee)).to.changeTokenBalance(ethers, token, collector, 0n);
  });

  it("tokens sent by mistake belong to nobody and change nothing", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session } = weir;
    await token.connect(payer).transfer(escrow, 5n);
    await escrow.connect(payer).deposit(session, payer, 7n, await sessionOf(weir));
    await escrow.connect(payer).withdraw(session, 7n, payer);
    expect(await token.balanceOf(escrow)).to.equal(5n);
  });
});

describe("the operator's beneficiary", () => {
  it("receives the earnings while it is in force, whoever asks", async () => {
    const weir = await loadWeir();
    const { escrow, registry, token, session, payee, cold, stranger } = weir;
    await registerPayee(weir);
    const channel = await openChannel(weir, tokens("8"));
    const pay = async (gib: bigint): Promise<unknown> =>
      escrow.settle(payee, [await rowOf(weir, session, channel, gib * GIB)]);
    const net = tokens("1") - (tokens("1") * FEE_BPS) / 10_000n;
    const withdraw = async (): Promise<unknown> => escrow.connect(stranger).withdrawEarnings(payee);
    await pay(1n);
    await expect(withdraw()).to.changeTokenBalances(ethers, token, [cold, payee], [net, 0n]);
    // The operator proposes another; until the delay has passed everything still goes where it went.
    await registry.connect(payee).proposeBeneficiary(stranger);
    await networkHelpers.time.increase(30 * 86_400 - 100);
    await pay(2n);
    await expect(withdraw()).to.changeTokenBalances(ethers, token, [cold, stranger], [net, 0n]);
    await networkHelpers.time.increase(100);
    await pay(3n);
    await expect(withdraw()).to.changeTokenBalances(ethers, token, [cold, stranger], [0n, net]);
    await registry.connect(stranger).setBeneficiary(payee, cold);
    // Leaving the list does not redirect what is still to come.
    await registry.connect(payee).deregister();
    await pay(4n);
    await expect(withdraw()).to.changeTokenBalances(ethers, token, [cold, payee], [net, 0n]);
  });

  it("is not the agent's to choose, and a thief of the operator's key has to wait where the beneficiary sees it", async () => {
    const weir = await loadWeir();
    const { registry, payee, agent, cold } = weir;
    await registerPayee(weir);
    for (const key of [payee, agent]) {
      await expect(registry.connect(key).setBeneficiary(payee, key))
        .to.be.revertedWithCustomError(registry, "NotBeneficiary")
        .withArgs(cold.address, key.address);
    }
    await expect(registry.connect(payee).proposeBeneficiary(agent)).to.emit(registry, "BeneficiaryProposed");
    await registry.connect(cold).cancelBeneficiaryProposal(payee);
    await networkHelpers.time.increase(31 * 86_400);
    expect(await registry.beneficiaryOf(payee)).to.equal(cold.address);
  });
});
