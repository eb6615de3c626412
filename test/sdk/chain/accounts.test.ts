import { expect } from "chai";
import { getAddress, maxUint96 } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  approve,
  approveCall,
  approveSync,
  deposit,
  depositCall,
  depositSync,
  depositWithAuthorization,
  depositWithAuthorizationCall,
  depositWithAuthorizationSync,
  depositWithPermit,
  depositWithPermitCall,
  depositWithPermitSync,
  readAccount,
  readToken,
  readTokenAllowance,
  readTokenBalance,
  signAuthorization,
  signPermit,
  signSession,
  withdraw,
  withdrawCall,
  withdrawSync,
} from "../../../sdk/chain/index.ts";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Address, CompactSignature, Hex } from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import { itHasThreeForms } from "./threeForms.ts";

const SALT: Hex = `0x${"5a".repeat(32)}`;
const FAR = 4_000_000_000n;

describe("accounts", () => {
  let local: LocalDeployment;
  let owner: LocalWallet;
  let wallet: Address;

  before(async () => {
    local = await startLocalDeployment();
    owner = local.wallet(1);
    wallet = owner.account.address;
  });
  after(async () => local.stop());

  /** A session key whose account is not open yet. */
  async function newSession(of = wallet): Promise<{ readonly signer: Address; readonly session: CompactSignature }> {
    const key = privateKeySigner(generatePrivateKey());
    return { signer: key.address, session: await signSession(key, { deployment: local.deployment, owner: of }) };
  }

  const opened = (signer: Address, of: Address, amount: bigint, from = of) => [
    { eventName: "AccountOpened", args: { signer: getAddress(signer), owner: of } } as const,
    { eventName: "Deposited", args: { signer: getAddress(signer), from, amount } } as const,
  ];

  describe("deposit", () => {
    itHasThreeForms(
      { call: depositCall, send: deposit, sync: depositSync },
      async () => {
        const { deployment } = local;
        await local.mint(wallet, 700n);
        await approveSync(owner, { deployment, amount: 700n });
        return { client: owner, options: { deployment, owner: wallet, amount: 700n, ...(await newSession()) } };
      },
      ({ signer }) => opened(signer, wallet, 700n),
      async (_, { signer }) => {
        expect(await readAccount(owner, { deployment: local.deployment, signer })).to.deep.equal({
          owner: wallet,
          balance: 700n,
        });
      },
    );

    it("needs no session once the account is open, from anyone", async () => {
      const { deployment } = local;
      const { signer } = await openPayer(local, 1n);
      const friend = local.wallet(2);
      await local.mint(friend.account.address, 5n);
      await approveSync(friend, { deployment, amount: 5n });
      await depositSync(friend, { deployment, signer: signer.address, owner: wallet, amount: 5n });
      expect((await readAccount(friend, { deployment, signer: signer.address })).balance).to.equal(6n);
    });

    it("is exact to the unit at the largest amount the escrow can hold", async () => {
      const { deployment } = local;
      const held = await readTokenBalance(owner, { deployment, owner: deployment.paymentChannels.address });
      const amount = maxUint96 - held;
      const payer = await openPayer(local, amount);
      expect((await readAccount(owner, { deployment, signer: payer.signer.address })).balance).to.equal(amount);
      await withdrawSync(owner, { deployment, signer: payer.signer.address, amount, to: wallet });
    });
  });

  describe("depositWithPermit", () => {
    itHasThreeForms(
      { call: depositWithPermitCall, send: depositWithPermit, sync: depositWithPermitSync },
      async () => {
        const { deployment } = local;
        await local.mint(wallet, 300n);
        const permit = await signPermit(owner, { deployment, amount: 300n, deadline: FAR });
        return { client: owner, options: { deployment, owner: wallet, amount: 300n, permit, ...(await newSession()) } };
      },
      ({ signer }) => opened(signer, wallet, 300n),
    );

    it("refuses to sign for a token that takes no permits", async () => {
      const deployment = { ...local.deployment, token: { ...local.deployment.token, permit: false } };
      expect(await errorCode(signPermit(owner, { deployment, amount: 1n, deadline: FAR }))).to.equal("wrong-token");
    });
  });

  describe("depositWithAuthorization", () => {
    const poor = privateKeyToAccount(generatePrivateKey());

    itHasThreeForms(
      { call: depositWithAuthorizationCall, send: depositWithAuthorization, sync: depositWithAuthorizationSync },
      async () => {
        const { deployment } = local;
        await local.mint(poor.address, 900n);
        const { session, signer } = await newSession(poor.address);
        const authorization = await signAuthorization(local.wallet(poor), {
          deployment,
          signer,
          amount: 900n,
          salt: SALT,
          validBefore: FAR,
        });
        const options = { deployment, signer, owner: poor.address, amount: 900n, session, authorization };
        return { client: local.wallet(3), options };
      },
      ({ signer }) => opened(signer, poor.address, 900n),
      async () => {
        expect(await local.publicClient.getBalance({ address: poor.address })).to.equal(0n);
      },
    );

    it("cannot be turned to another account", async () => {
      const { deployment } = local;
      await local.mint(poor.address, 900n);
      const mine = await newSession(poor.address);
      const terms = { deployment, amount: 900n, salt: SALT, validBefore: FAR };
      const authorization = await signAuthorization(local.wallet(poor), { ...terms, signer: mine.signer });
      const thief = local.wallet(2);
      const theirs = { owner: thief.account.address, ...(await newSession(thief.account.address)) };
      const stolen = depositWithAuthorization(thief, { deployment, amount: 900n, authorization, ...theirs });
      expect(await errorCode(stolen)).to.equal("contract-reverted");
    });

    it("refuses to sign for a token that takes no authorizations", async () => {
      const deployment = { ...local.deployment, token: { ...local.deployment.token, authorization: false } };
      const signing = signAuthorization(owner, {
        deployment,
        signer: wallet,
        amount: 1n,
        salt: SALT,
        validBefore: FAR,
      });
      expect(await errorCode(signing)).to.equal("wrong-token");
    });
  });

  describe("withdraw", () => {
    itHasThreeForms(
      { call: withdrawCall, send: withdraw, sync: withdrawSync },
      async () => {
        const { signer } = await openPayer(local, 80n);
        const to = local.wallet(4).account.address;
        return { client: owner, options: { deployment: local.deployment, signer: signer.address, amount: 33n, to } };
      },
      ({ signer, to }) => [{ eventName: "Withdrawn", args: { signer: getAddress(signer), to, amount: 33n } }],
      async (_, { signer }) => {
        expect((await readAccount(owner, { deployment: local.deployment, signer })).balance).to.equal(47n);
      },
    );
  });

  describe("approve", () => {
    it("has three forms, and the allowance can be read", async () => {
      const { deployment } = local;
      const allowance = async (): Promise<bigint> => readTokenAllowance(owner, { deployment, owner: wallet });
      const { request } = await local.publicClient.simulateContract({
        ...approveCall({ deployment, amount: 12n }),
        account: owner.account,
      });
      expect(request.functionName).to.equal("approve");
      const hash = await approve(owner, { deployment, amount: 12n });
      await local.publicClient.waitForTransactionReceipt({ hash });
      expect(await allowance()).to.equal(12n);
      const { receipt } = await approveSync(owner, { deployment, amount: 0n });
      expect(receipt.status).to.equal("success");
      expect(await allowance()).to.equal(0n);
    });
  });

  describe("reads", () => {
    it("see a block of the past", async () => {
      const { deployment } = local;
      const { signer } = await openPayer(local, 60n);
      const blockNumber = await local.publicClient.getBlockNumber();
      const options = { deployment, signer: signer.address };
      await withdrawSync(owner, { ...options, amount: 60n, to: wallet });
      expect((await readAccount(owner, { ...options, blockNumber })).balance).to.equal(60n);
      expect((await readAccount(owner, { ...options, blockTag: "latest" })).balance).to.equal(0n);
    });

    it("tell an account that was never opened", async () => {
      const { signer } = await newSession();
      expect(await readAccount(owner, { deployment: local.deployment, signer })).to.deep.equal({
        owner: "0x0000000000000000000000000000000000000000",
        balance: 0n,
      });
    });

    it("describe a token from its own word", async () => {
      expect(await readToken(owner, { address: local.deployment.token.address })).to.deep.equal(local.deployment.token);
    });
  });
});
