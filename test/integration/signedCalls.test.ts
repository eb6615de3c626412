import { expect } from "chai";
import {
  BAD_SIGNATURE,
  CLOSE_PENDING,
  EXPIRED,
  ALREADY_FUNDED,
  ACCOUNT_EMPTY,
  TERMS_REFUSED,
  CHANNEL_CLOSED,
} from "./skipReasons.ts";
import { packTerms } from "../../sdk/core/index.ts";
import {
  channelOf,
  closeOf,
  fundOf,
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

describe("a Fund posted by the relay", () => {
  it("opens and raises the channel without the payer, step by step, up to its total", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, agent, payee } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("5"), await sessionOf(weir));
    const channel = channelOf(weir);
    const { nonce, pricePerGiB, gracePeriod } = channel;
    const validUntil = (await networkHelpers.time.latest()) + 1_000;
    for (const total of [tokens("1"), tokens("3")]) {
      await expect(
        escrow
          .connect(agent)
          .fundWithSignature(channel, total, validUntil, await fundOf(weir, channel, total, validUntil)),
      )
        .to.emit(escrow, "Funded")
        .withArgs(
          idOf(channel),
          session.address,
          payee.address,
          packTerms({ pricePerGiB, gracePeriod, nonce, deliveredBytes: 0n }),
          total,
        );
    }
    expect((await escrow.account(session)).balance).to.equal(tokens("2"));
  });

  it("moves what the account still has when that is less", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, agent } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("2"), await sessionOf(weir));
    const channel = channelOf(weir);
    const validUntil = (await networkHelpers.time.latest()) + 1_000;
    const signature = await fundOf(weir, channel, tokens("9"), validUntil);
    const post = async (): Promise<unknown> =>
      escrow.connect(agent).fundWithSignature(channel, tokens("9"), validUntil, signature);
    await post();
    expect((await escrow.channel(idOf(channel))).deposit).to.equal(tokens("2"));
    await expect(post()).to.emit(escrow, "FundSkipped").withArgs(idOf(channel), channel.payee, ACCOUNT_EMPTY);
    await escrow.connect(payer).deposit(session, payer, tokens("8"), await sessionOf(weir));
    await post();
    expect((await escrow.channel(idOf(channel))).deposit).to.equal(tokens("9"));
    expect((await escrow.account(session)).balance).to.equal(tokens("1"));
  });

  it("is skipped with its reason, and never reverts", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, payee, stranger, domain } = weir;
    await escrow.connect(payer).deposit(session, payer, tokens("5"), await sessionOf(weir));
    const channel = channelOf(weir);
    const { pricePerGiB, gracePeriod, nonce } = channel;
    const now = await networkHelpers.time.latest();
    const validUntil = now + 10_000;
    const total = tokens("1");
    const good = await fundOf(weir, channel, total, validUntil);
    const skipped = async (
      reason: bigint,
      change: Partial<{ of: typeof channel; total: bigint; until: number; by: typeof good }> = {},
    ): Promise<void> => {
      const { of = channel, total: sum = total, until = validUntil, by = good } = change;
      await expect(escrow.connect(stranger).fundWithSignature(of, sum, until, by))
        .to.emit(escrow, "FundSkipped")
        .withArgs(idOf(of), of.payee, reason);
    };
    await skipped(BAD_SIGNATURE, { total: total + 1n });
    await skipped(BAD_SIGNATURE, { until: validUntil + 1 });
    await skipped(BAD_SIGNATURE, { of: channelOf(weir, { nonce: 2n }) });
    await skipped(BAD_SIGNATURE, { of: channelOf(weir, { payee: stranger.address as `0x${string}` }) });
    const payeeAddress = payee.address as `0x${string}`;
    const terms = { payee: payeeAddress, pricePerGiB, gracePeriod, nonce };
    const own = await sign(stranger, domain, "Fund", { ...terms, total, validUntil });
    await skipped(BAD_SIGNATURE, { by: own });
    for (const refused of [{ pricePerGiB: 0n }, { gracePeriod: 3_599 }, { gracePeriod: 2_592_001 }]) {
      const of = channelOf(weir, refused);
      await skipped(TERMS_REFUSED, { of, by: await fundOf(weir, of, total, validUntil) });
    }
    await skipped(EXPIRED, { until: now, by: await fundOf(weir, channel, total, now) });
    await escrow.fundWithSignature(channel, total, validUntil, good);
    await skipped(ALREADY_FUNDED);
    await escrow.connect(payer).requestClose(channel);
    const more = await fundOf(weir, channel, tokens("2"), validUntil);
    await skipped(CLOSE_PENDING, { total: tokens("2"), by: more });
    await escrow.connect(payee).close(channel, 0n);
    await skipped(CHANNEL_CLOSED, { total: tokens("2"), by: more });
    expect((await escrow.account(session)).balance).to.equal(tokens("5"));
  });

  it("waits while the payer leaves, and counts again when the payer stays", async () => {
    const weir = await loadWeir();
    const { escrow, payer } = weir;
    const channel = await openChannel(weir, tokens("1"));
    await escrow.connect(payer).deposit(channel.signer, payer, tokens("1"), await sessionOf(weir));
    await escrow.connect(payer).requestClose(channel);
    await expect(escrow.connect(payer).fund(channel, 0n))
      .to.emit(escrow, "CloseCancelled")
      .withArgs(idOf(channel), channel.signer, channel.payee);
    const validUntil = (await networkHelpers.time.latest()) + 1_000;
    await escrow.fundWithSignature(
      channel,
      tokens("2"),
      validUntil,
      await fundOf(weir, channel, tokens("2"), validUntil),
    );
    expect((await escrow.channel(idOf(channel))).deposit).to.equal(tokens("2"));
  });
});

describe("a Close", () => {
  it("closes when anybody posts it, signed by the payee or by its agent in office", async () => {
    const weir = await loadWeir();
    const { escrow, payee, agent, stranger, session } = weir;
    await registerPayee(weir);
    for (const [index, closer] of [payee, agent].entries()) {
      const channel = await openChannel(weir, tokens("1"), { nonce: BigInt(index) });
      const row = await rowOf(weir, session, channel, GIB / 4n);
      await escrow.settle(payee, [row]);
      const signature = await closeOf(weir, closer, channel, GIB / 4n);
      await expect(escrow.connect(stranger).closeWithSignature(channel, GIB / 4n, signature))
        .to.emit(escrow, "Closed")
        .withArgs(idOf(channel), session.address, payee.address, GIB / 4n, tokens("0.75"));
    }
  });

  it("cannot burn receipts that were to be settled first", async () => {
    const weir = await loadWeir();
    const { escrow, payee, session, stranger } = weir;
    const channel = await openChannel(weir, tokens("1"));
    const signature = await closeOf(weir, payee, channel, GIB / 2n);
    await expect(escrow.connect(stranger).closeWithSignature(channel, GIB / 2n, signature))
      .to.be.revertedWithCustomError(escrow, "SettledBytesTooLow")
      .withArgs(GIB / 2n, 0n);
    await expect(escrow.connect(payee).close(channel, GIB / 2n)).to.be.revertedWithCustomError(
      escrow,
      "SettledBytesTooLow",
    );
    await escrow.settle(payee, [await rowOf(weir, session, channel, GIB / 2n)]);
    await escrow.connect(stranger).closeWithSignature(channel, GIB / 2n, signature);
  });

  it("counts for its channel, its bytes and its signer alone", async () => {
    const weir = await loadWeir();
    const { escrow, payee, agent, stranger, payer } = weir;
    await registerPayee(weir);
    const channel = await openChannel(weir, tokens("1"));
    const other = await openChannel(weir, tokens("1"), { nonce: 2n });
    const signature = await closeOf(weir, payee, channel, 0n);
    const close = escrow.connect(stranger).closeWithSignature;
    await expect(close(other, 0n, signature)).to.be.revertedWithCustomError(escrow, "NotPayee");
    await expect(close(channel, 1n, signature)).to.be.revertedWithCustomError(escrow, "NotPayee");
    for (const closer of [stranger, payer, weir.session]) {
      await expect(close(channel, 0n, await closeOf(weir, closer, channel, 0n)))
        .to.be.revertedWithCustomError(escrow, "NotPayee")
        .withArgs(payee.address, closer.address);
    }
    const retired = await closeOf(weir, agent, channel, 0n);
    await weir.registry.connect(payee).clearAgent();
    await expect(close(channel, 0n, retired)).to.be.revertedWithCustomError(escrow, "NotPayee");
    await expect(escrow.connect(agent).close(channel, 0n)).to.be.revertedWithCustomError(escrow, "NotPayee");
    const zero = `0x${"00".repeat(32)}`;
    await expect(close(channel, 0n, { r: zero, vs: zero })).to.be.revertedWithCustomError(escrow, "BadSignature");
  });
});
