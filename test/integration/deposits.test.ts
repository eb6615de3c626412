import { expect } from "chai";
import { id, Signature } from "ethers";
import type { Signer } from "ethers";
import { authorizationNonce, domainSeparator } from "../../sdk/core/index.ts";
import type { WeirDomain } from "../../sdk/core/index.ts";
import { ethers, loadWeir, networkHelpers, sessionOf, sign, tokens, ZERO_ADDRESS } from "./fixture.ts";
import type { Compact, Weir } from "./fixture.ts";

const NO_SIGNATURE: Compact = { r: ethers.ZeroHash, vs: ethers.ZeroHash };
const IN_2100 = 4_102_444_800n;

describe("deposits", () => {
  it("open an account with the session key's word and credit it without", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, stranger, token } = weir;
    await escrow.connect(payer).deposit(session, payer, 0n, await sessionOf(weir));
    expect(await escrow.account(session)).to.deep.equal([payer.address, 0n]);
    await token.mint(stranger, 5n);
    await token.connect(stranger).approve(escrow, 5n);
    await escrow.connect(stranger).deposit(session, payer, 5n, NO_SIGNATURE);
    expect(await escrow.account(session)).to.deep.equal([payer.address, 5n]);
  });

  it("refuse an account whose session key named another owner, or none", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, stranger } = weir;
    const mine = await sessionOf(weir);
    const deposit = escrow.connect(stranger).deposit;
    await expect(deposit(session, stranger, 0n, mine)).to.be.revertedWithCustomError(escrow, "BadSignature");
    await expect(deposit(session, payer, 0n, NO_SIGNATURE))
      .to.be.revertedWithCustomError(escrow, "BadSignature")
      .withArgs(session.address, ZERO_ADDRESS);
    await expect(deposit(ZERO_ADDRESS, stranger, 0n, NO_SIGNATURE)).to.be.revertedWithCustomError(
      escrow,
      "BadSignature",
    );
    await escrow.connect(payer).deposit(session, payer, 0n, mine);
    await expect(deposit(session, stranger, 0n, mine))
      .to.be.revertedWithCustomError(escrow, "AccountOwnerMismatch")
      .withArgs(stranger.address, payer.address);
  });

  it("refuse a session of the same key for another chain's escrow, or with a high s", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, domain } = weir;
    const owner = payer.address as `0x${string}`;
    const deposit = escrow.connect(payer).deposit;
    for (const other of [{ chainId: 1n }, { salt: id("other salt") }, { verifyingContract: payer.address }]) {
      const foreign = await sign(session, { ...domain, ...other }, "Session", { owner });
      await expect(deposit(session, payer, 0n, foreign)).to.be.revertedWithCustomError(escrow, "BadSignature");
    }
    const { r, vs } = await sessionOf(weir);
    for (const malleated of malleate(vs)) {
      await expect(deposit(session, payer, 0n, { r, vs: malleated })).to.be.revertedWithCustomError(
        escrow,
        "BadSignature",
      );
    }
  });

  it("take a permit instead of an allowance, also one that somebody posted before", async () => {
    const weir = await loadWeir();
    const { escrow, payer, session, token, stranger } = weir;
    await token.connect(payer).approve(escrow, 0n);
    const session_ = await sessionOf(weir);
    const first = await permit(weir, payer, tokens("1"));
    await escrow.connect(payer).depositWithPermit(session, payer, tokens("1"), session_, first);
    const second = await permit(weir, payer, tokens("2"));
    const { deadline, v, r, s } = second;
    await token.connect(stranger).permit(payer, escrow, tokens("2"), deadline, v, r, s);
    await escrow.connect(payer).depositWithPermit(session, payer, tokens("2"), session_, second);
    expect((await escrow.account(session)).balance).to.equal(tokens("3"));
    expect(await token.allowance(payer, escrow)).to.equal(0n);
  });

  it("never take another's permit", async () => {
    const weir = await loadWeir();
    const { escrow, payer, token, stranger, domain } = weir;
    await token.connect(payer).approve(escrow, 0n);
    const stolen = await permit(weir, payer, tokens("1"));
    const thief = ethers.Wallet.createRandom();
    const session = await sign(thief, domain, "Session", { owner: stranger.address as `0x${string}` });
    await expect(
      escrow.connect(stranger).depositWithPermit(thief, stranger, tokens("1"), session, stolen),
    ).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance");
    // The allowance that the permit leaves is no stranger's either.
    await token.connect(stranger).permit(payer, escrow, tokens("1"), stolen.deadline, stolen.v, stolen.r, stolen.s);
    await expect(escrow.connect(stranger).deposit(thief, stranger, tokens("1"), session)).to.be.revertedWithCustomError(
      token,
      "ERC20InsufficientAllowance",
    );
  });

  it("come without gas by an authorization that anybody may post, once, for this account alone", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, stranger, domain } = weir;
    await token.connect(payer).approve(escrow, 0n);
    const amount = tokens("4");
    const authorization = await authorize(weir, payer, amount, id("salt"));
    const thief = ethers.Wallet.createRandom();
    const owner = stranger.address as `0x${string}`;
    await expect(
      escrow
        .connect(stranger)
        .depositWithAuthorization(
          thief,
          stranger,
          amount,
          await sign(thief, domain, "Session", { owner }),
          authorization,
        ),
    ).to.be.revertedWithCustomError(token, "InvalidAuthorization");
    const session_ = await sessionOf(weir);
    const post = async (sum: bigint): Promise<unknown> =>
      escrow.connect(stranger).depositWithAuthorization(session, payer, sum, session_, authorization);
    await expect(post(amount + 1n)).to.be.revertedWithCustomError(token, "InvalidAuthorization");
    await expect(post(amount)).to.emit(escrow, "Deposited").withArgs(session.address, payer.address, amount);
    await expect(post(amount)).to.be.revertedWithCustomError(token, "AuthorizationAlreadyUsed");
    expect((await escrow.account(session)).balance).to.equal(amount);
  });

  it("are withdrawn by the owner alone, to anybody but nobody", async () => {
    const weir = await loadWeir();
    const { escrow, token, payer, session, cold, stranger } = weir;
    await escrow.connect(payer).deposit(session, payer, 10n, await sessionOf(weir));
    await expect(escrow.connect(stranger).withdraw(session, 1n, stranger))
      .to.be.revertedWithCustomError(escrow, "NotAccountOwner")
      .withArgs(payer.address, stranger.address);
    for (const nowhere of [ZERO_ADDRESS, await escrow.getAddress()]) {
      await expect(escrow.connect(payer).withdraw(session, 1n, nowhere))
        .to.be.revertedWithCustomError(escrow, "InvalidAddress")
        .withArgs(nowhere);
    }
    await expect(escrow.connect(payer).withdraw(session, 11n, cold))
      .to.be.revertedWithCustomError(escrow, "InsufficientBalance")
      .withArgs(11n, 10n);
    await expect(escrow.connect(payer).withdraw(session, 10n, cold)).to.changeTokenBalance(ethers, token, cold, 10n);
  });

  it("of a contract wallet are its own, whoever holds its key", async () => {
    const weir = await loadWeir();
    const { escrow, token, session, payer, stranger, domain } = weir;
    const wallet = await ethers.deployContract("ContractWallet", [payer]);
    await token.mint(wallet, tokens("5"));
    const owner = (await wallet.getAddress()) as `0x${string}`;
    const session_ = await sign(session, domain, "Session", { owner });
    const authorization = await authorize(weir, payer, tokens("5"), id("salt"), owner);
    await escrow.connect(stranger).depositWithAuthorization(session, owner, tokens("5"), session_, authorization);
    await wallet.connect(payer).rotate(stranger);
    const withdraw = escrow.interface.encodeFunctionData("withdraw", [session.address, tokens("5"), stranger.address]);
    await expect(wallet.connect(payer).execute(escrow, withdraw)).to.be.revertedWithCustomError(wallet, "NotKey");
    await wallet.connect(stranger).execute(escrow, withdraw);
    expect(await token.balanceOf(stranger)).to.equal(tokens("5"));
  });
});

/** The two other ways to write a compact signature's second half: s on the upper half of the curve, with either parity. */
function malleate(vs: string): string[] {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const high = order - (BigInt(vs) & ((1n << 255n) - 1n));
  return [high, high ^ (1n << 255n)].map((word) => ethers.toBeHex(word, 32));
}

async function permit(
  { token, escrow }: Weir,
  holder: Signer,
  value: bigint,
): Promise<{ deadline: bigint; v: number; r: string; s: string }> {
  const owner = await holder.getAddress();
  const signature = await holder.signTypedData(
    await tokenDomain(token),
    { Permit: fields("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline") },
    { owner, spender: await escrow.getAddress(), value, nonce: await token.nonces(owner), deadline: IN_2100 },
  );
  const { v, r, s } = Signature.from(signature);
  return { deadline: IN_2100, v, r, s };
}

/** An ERC-3009 authorization into the session key's account, signed by the holder for itself or for its contract wallet. */
async function authorize(
  { token, escrow, session, domain }: Weir,
  holder: Signer,
  value: bigint,
  salt: string,
  wallet?: string,
): Promise<{ from: string; validAfter: bigint; validBefore: bigint; salt: string; signature: string }> {
  const from = wallet ?? (await holder.getAddress());
  const account = { signer: session.address, owner: from, salt } as Record<"signer" | "owner" | "salt", `0x${string}`>;
  const nonce = authorizationNonce(domainSeparator(domain as WeirDomain), account);
  const validAfter = BigInt(await networkHelpers.time.latest()) - 1n;
  const signature = await holder.signTypedData(
    await tokenDomain(token),
    {
      ReceiveWithAuthorization: fields(
        "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
      ),
    },
    { from, to: await escrow.getAddress(), value, validAfter, validBefore: IN_2100, nonce },
  );
  return { from, validAfter, validBefore: IN_2100, salt, signature };
}

async function tokenDomain(token: Weir["token"]): Promise<Record<string, unknown>> {
  const { name, version, chainId, verifyingContract } = await token.eip712Domain();
  return { name, version, chainId, verifyingContract };
}

function fields(list: string): { type: string; name: string }[] {
  return list.split(",").map((field) => {
    const [type, name] = field.split(" ") as [string, string];
    return { type, name };
  });
}
