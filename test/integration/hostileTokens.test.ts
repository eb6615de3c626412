import { expect } from "chai";
import type { AddressLike } from "ethers";
import {
  booked,
  channelOf,
  ethers,
  GIB,
  idOf,
  networkHelpers,
  openChannel,
  rowOf,
  sessionOf,
  sign,
  tokens,
  weirFor,
} from "./fixture.ts";
import type { Weir } from "./fixture.ts";

describe("tokens that misbehave", () => {
  async function takesAFee(): Promise<Weir> {
    return weirFor(await ethers.deployContract("InexactToken", [-1n]));
  }
  async function addsABonus(): Promise<Weir> {
    return weirFor(await ethers.deployContract("InexactToken", [1n]));
  }
  async function refuses(): Promise<Weir> {
    return weirFor(await ethers.deployContract("RefusingToken"));
  }
  async function saysNothing(): Promise<Weir> {
    return weirFor(await ethers.deployContract("SilentToken"));
  }
  async function bars(): Promise<Weir> {
    return weirFor(await ethers.deployContract("BlacklistToken"));
  }
  async function acceptsAnyCall(): Promise<Weir> {
    return weirFor(await ethers.deployContract("PhantomToken"));
  }

  it("that deliver less or more than they were told are refused at the door", async () => {
    for (const [fixture, arrived] of [
      [takesAFee, 99n],
      [addsABonus, 101n],
    ] as const) {
      const weir = await networkHelpers.loadFixture(fixture);
      const { escrow, payer, session } = weir;
      await expect(escrow.connect(payer).deposit(session, payer, 100n, await sessionOf(weir)))
        .to.be.revertedWithCustomError(escrow, "InexactTransfer")
        .withArgs(100n, arrived);
    }
  });

  it("that return false move no books", async () => {
    const weir = await networkHelpers.loadFixture(refuses);
    const { escrow, payer, session } = weir;
    const token = await ethers.getContractAt("RefusingToken", await weir.token.getAddress());
    await escrow.connect(payer).deposit(session, payer, 100n, await sessionOf(weir));
    await token.refuse(true);
    for (const call of [
      escrow.connect(payer).deposit(session, payer, 1n, await sessionOf(weir)),
      escrow.connect(payer).withdraw(session, 1n, payer),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(escrow, "SafeERC20FailedOperation")
        .withArgs(await token.getAddress());
    }
    expect((await escrow.account(session)).balance).to.equal(100n);
    await token.refuse(false);
    await escrow.connect(payer).withdraw(session, 100n, payer);
  });

  it("that return nothing and count in millionths work from deposit to payout", async () => {
    const weir = await networkHelpers.loadFixture(saysNothing);
    const { escrow, token, payer, session, payee, collector } = weir;
    const price = 20_000n;
    const channel = await openChannel(weir, 1_000_000n, { pricePerGiB: price });
    await escrow.settle(payee, [await rowOf(weir, session, channel, 3n * GIB + 12_345n)]);
    const paid = ((3n * GIB + 12_345n) * price) / GIB;
    await escrow.connect(payee).close(channel, 3n * GIB);
    await escrow.withdrawEarnings(payee);
    await escrow.connect(collector).collectFees(payee);
    expect((await token.balanceOf(payee)) + (await token.balanceOf(collector))).to.equal(paid);
    await escrow.connect(payer).withdraw(session, 1_000_000n - paid, payer);
    expect(await token.balanceOf(escrow)).to.equal(0n);
  });

  it("that bar one party stop nobody else, and the barred one leaves by another address", async () => {
    const weir = await networkHelpers.loadFixture(bars);
    const { escrow, registry, payer, session, payee, agent, cold, collector } = weir;
    const token = await ethers.getContractAt("BlacklistToken", await weir.token.getAddress());
    const channel = await openChannel(weir, tokens("2"));
    const others = { ...weir, payee: agent };
    const other = await openChannel(others, tokens("2"), { nonce: 2n });
    for (const barred of [payer, payee, collector]) await token.bar(barred, true);
    await escrow.settle(payee, [await rowOf(weir, session, channel, GIB)]);
    await escrow.settle(agent, [await rowOf(weir, session, other, GIB)]);
    await escrow.withdrawEarnings(agent);
    expect(await token.balanceOf(agent)).to.equal(tokens("0.975"));
    await expect(escrow.withdrawEarnings(payee)).to.be.revertedWithCustomError(token, "Barred").withArgs(payee.address);
    await registry.connect(payee).setBeneficiary(payee, cold);
    await escrow.withdrawEarnings(payee);
    expect(await token.balanceOf(cold)).to.equal(tokens("0.975"));
    await escrow.connect(payee).close(channel, GIB);
    await escrow.connect(payer).withdraw(session, tokens("1"), cold);
    expect(await token.balanceOf(cold)).to.equal(tokens("1.975"));
  });

  it("that accept any call credit nothing for an authorization or permit that did nothing", async () => {
    const weir = await networkHelpers.loadFixture(acceptsAnyCall);
    const { escrow, payer, session, stranger, domain } = weir;
    const authorization = {
      from: payer.address,
      validAfter: 0n,
      validBefore: ethers.MaxUint256,
      salt: ethers.ZeroHash,
      signature: `0x${"11".repeat(65)}`,
    };
    const bySession = await sign(session, domain, "Session", { owner: stranger.address as `0x${string}` });
    await expect(escrow.connect(stranger).depositWithAuthorization(session, stranger, 100n, bySession, authorization))
      .to.be.revertedWithCustomError(escrow, "InexactTransfer")
      .withArgs(100n, 0n);
    // The payer's allowance is no help to a stranger whose permit "succeeds".
    const permit = { deadline: ethers.MaxUint256, v: 27, r: ethers.ZeroHash, s: ethers.ZeroHash };
    await expect(
      escrow.connect(stranger).depositWithPermit(session, stranger, 100n, bySession, permit),
    ).to.be.revertedWithCustomError(weir.token, "ERC20InsufficientAllowance");
  });
});

describe("a token that hands over control in the middle of a transfer", () => {
  /** The attacker is a wallet whose key is the token itself, so that it can act when it is called back. */
  async function attack() {
    const token = await ethers.deployContract("ReentrantToken");
    const weir = await weirFor(token);
    const wallet = await ethers.deployContract("ContractWallet", [token]);
    const address = (await wallet.getAddress()) as `0x${string}`;
    await networkHelpers.impersonateAccount(await token.getAddress());
    await networkHelpers.setBalance(await token.getAddress(), ethers.parseEther("1"));
    const key = await ethers.getSigner(await token.getAddress());
    const { escrow, payer, session, domain } = weir;
    const act = async (target: AddressLike, data: string): Promise<unknown> =>
      wallet.connect(key).execute(target, data);
    await token.mint(wallet, tokens("10"));
    await act(token, token.interface.encodeFunctionData("approve", [await escrow.getAddress(), ethers.MaxUint256]));
    const word = await sign(session, domain, "Session", { owner: address });
    const deposit = escrow.interface.encodeFunctionData("deposit", [session.address, address, tokens("1"), word]);
    await act(escrow, deposit);
    // An honest payer's money beside it, to steal.
    const honest = ethers.Wallet.createRandom();
    const honestWord = await sign(honest, domain, "Session", { owner: payer.address as `0x${string}` });
    await escrow.connect(payer).deposit(honest, payer, tokens("5"), honestWord);
    const arm = async (payload: string, afterMove: boolean): Promise<unknown> =>
      token.arm(
        wallet,
        wallet.interface.encodeFunctionData("execute", [await escrow.getAddress(), payload]),
        afterMove,
      );
    return { ...weir, token, wallet, address, honest, act, arm, deposit };
  }

  it("lets nobody deposit, withdraw or be paid a second time meanwhile", async () => {
    const { escrow, payee, session, address, act, arm, deposit } = await networkHelpers.loadFixture(attack);
    const withdraw = escrow.interface.encodeFunctionData("withdraw", [session.address, tokens("1"), address]);
    const withdrawEarnings = escrow.interface.encodeFunctionData("withdrawEarnings", [payee.address]);
    const viaMulticall = escrow.interface.encodeFunctionData("multicall", [[withdraw]]);
    for (const outer of [deposit, withdraw]) {
      for (const inner of [deposit, withdraw, withdrawEarnings, viaMulticall]) {
        for (const afterMove of [false, true]) {
          await arm(inner, afterMove);
          await expect(act(escrow, outer)).to.be.revertedWithCustomError(escrow, "ReentrancyGuardReentrantCall");
        }
      }
    }
    expect((await escrow.account(session)).balance).to.equal(tokens("1"));
  });

  it("lets its books move inside, but creates nothing and pays out nothing", async () => {
    const weir = await networkHelpers.loadFixture(attack);
    const { escrow, token, payee, session, honest, act, arm, deposit } = weir;
    const channel = channelOf(weir);
    const row = await rowOf(weir, session, channel, 2n * GIB);
    // Money that is credited but has not arrived yet is reserved and settled before it does.
    const inner = escrow.interface.encodeFunctionData("multicall", [
      [
        escrow.interface.encodeFunctionData("fund", [channel, tokens("2")]),
        escrow.interface.encodeFunctionData("settle", [payee.address, [row]]),
      ],
    ]);
    await arm(inner, false);
    await act(escrow, deposit);
    expect(await token.calls()).to.equal(1n);
    expect((await escrow.channel(idOf(channel))).settledBytes).to.equal(2n * GIB);
    const sum = await booked(weir, {
      signers: [session.address, honest.address],
      channels: [channel],
      payees: [payee.address],
    });
    expect(await token.balanceOf(escrow))
      .to.equal(sum)
      .and.to.equal(tokens("7"));
  });
});
