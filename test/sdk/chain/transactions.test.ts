import { expect } from "chai";
import { createWalletClient, custom, encodeErrorResult, http, zeroAddress } from "viem";
import type { Account, EIP1193RequestFn } from "viem";
import { mainnet } from "viem/chains";
import { paymentChannelsAbi } from "../../../sdk/abis/paymentChannels.ts";
import {
  approve,
  approveSync,
  withdrawEarnings,
  isContractError,
  readAccount,
  settle,
  withdraw,
  withdrawSync,
} from "../../../sdk/chain/index.ts";
import type { TransactionOverrides, WithdrawOptions, WriteClient } from "../../../sdk/chain/index.ts";
import { WeirError } from "../../../sdk/core/index.ts";
import type { Address, Deployment, Hex } from "../../../sdk/core/index.ts";
import { anvilAccount } from "../../../scripts/local/anvil.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";

describe("transactions", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let owner: LocalWallet;
  let signer: Address;
  /** Takes one unit out of an account that has plenty. */
  let takeOne: WithdrawOptions;
  /** Takes more than there is. */
  let takeTooMuch: WithdrawOptions;

  before(async () => {
    local = await startLocalDeployment();
    deployment = local.deployment;
    owner = local.wallet(1);
    signer = (await openPayer(local, 1_000n)).signer.address;
    takeOne = { deployment, signer, amount: 1n, to: owner.account.address };
    takeTooMuch = { ...takeOne, amount: 10_000n };
  });
  after(async () => local.stop());

  const mined = async (hash: Hex) => {
    await local.publicClient.waitForTransactionReceipt({ hash });
    return local.publicClient.getTransaction({ hash });
  };

  type Intercept = (method: string, next: () => Promise<unknown>) => Promise<unknown>;

  /** A client over a real node, whose requests can be watched and answered otherwise. */
  function intercepted<Signer extends Account | Address>(account: Signer, intercept: Intercept) {
    const { request } = http(local.anvil.url, { retryCount: 0 })({});
    const provider = {
      request: (async (args: { method: string }) =>
        intercept(args.method, async () => request(args as never))) as EIP1193RequestFn,
    };
    return createWalletClient({ account, transport: custom(provider, { retryCount: 0 }), pollingInterval: 20 });
  }

  /** A wallet as a dApp sees it: an address, and a provider that signs. */
  const browserWallet = (intercept: Intercept): WriteClient => intercepted(anvilAccount(1).address, intercept);

  describe("overrides", () => {
    it("send a type-0 transaction at a price of the caller's", async () => {
      const gasPrice = 3_000_000_000n;
      const transaction = await mined(await withdraw(owner, { ...takeOne, type: "legacy", gasPrice }));
      expect(transaction).to.include({ type: "legacy", gasPrice, chainId: deployment.chainId });
    });

    it("send an EIP-1559 transaction within the caller's bounds", async () => {
      const fees = { maxFeePerGas: 5_000_000_000n, maxPriorityFeePerGas: 7n };
      expect(await mined(await withdraw(owner, { ...takeOne, ...fees }))).to.include({ type: "eip1559", ...fees });
    });

    it("fix the gas limit and the nonce", async () => {
      const nonce = await local.publicClient.getTransactionCount({ address: owner.account.address });
      expect(await mined(await withdraw(owner, { ...takeOne, gas: 234_567n, nonce }))).to.include({
        gas: 234_567n,
        nonce,
      });
    });
  });

  describe("that must fail", () => {
    it("are not sent", async () => {
      const before = await local.publicClient.getTransactionCount({ address: owner.account.address });
      expect(await errorCode(withdraw(owner, takeTooMuch))).to.equal("account-empty");
      expect(await errorCode(withdrawSync(owner, takeTooMuch))).to.equal("account-empty");
      expect(await local.publicClient.getTransactionCount({ address: owner.account.address })).to.equal(before);
    });

    it("tell why, and which transaction, when they were mined all the same", async () => {
      const hashes: Hex[] = [];
      const options = { ...takeTooMuch, gas: 200_000n, onHash: (hash: Hex) => hashes.push(hash) };
      const error = await withdrawSync(owner, options).catch((caught: unknown) => caught);
      if (!isContractError(error, "InsufficientBalance")) throw error;
      expect(error.args.needed).to.equal(10_000n);
      expect(error).to.include({ code: "account-empty", transactionHash: hashes[0] });
      const { status } = await local.publicClient.getTransactionReceipt({ hash: hashes[0]! });
      expect(status).to.equal("reverted");
    });

    it("say that no reason is known when the gas was too little", async () => {
      const error = await withdrawSync(owner, { ...takeOne, gas: 40_000n }).catch((caught: unknown) => caught);
      if (!isContractError(error)) throw error;
      expect(error).to.include({ code: "contract-reverted", errorName: undefined });
      expect(error.transactionHash).to.match(/^0x/);
    });

    it("never reach the wallet of a browser", async () => {
      const asked: string[] = [];
      const wallet = browserWallet(async (method, next) => {
        asked.push(method);
        return next();
      });
      expect(await errorCode(withdraw(wallet, takeTooMuch))).to.equal("account-empty");
      expect(asked).not.to.include("eth_sendTransaction");
      await withdrawSync(wallet, takeOne);
      expect(asked).to.include("eth_sendTransaction");
    });
  });

  describe("on another chain", () => {
    it("are refused if the client says so", async () => {
      const client = createWalletClient({ account: owner.account, chain: mainnet, transport: http(local.anvil.url) });
      expect(await errorCode(withdraw(client, takeOne))).to.equal("wrong-chain");
    });

    it("are refused if the node says so, for local keys and for wallets", async () => {
      const elsewhere = { ...takeOne, deployment: { ...deployment, chainId: 1 } };
      expect(await errorCode(withdraw(owner, elsewhere))).to.equal("wrong-chain");
      const wallet = browserWallet(async (method, next) => (method === "eth_chainId" ? "0x1" : next()));
      expect(await errorCode(withdraw(wallet, takeOne))).to.equal("wrong-chain");
    });
  });

  describe("under way", () => {
    beforeEach(async () => local.testClient.setAutomine(false));
    afterEach(async () => {
      await local.testClient.setAutomine(true);
      await local.testClient.mine({ blocks: 1 });
    });

    it("end the wait, but not the transaction, when time is over", async () => {
      let hash: Hex | undefined;
      const waiting = withdrawSync(owner, { ...takeOne, timeout: 100, onHash: (sent) => (hash = sent) });
      expect(await errorCode(waiting)).to.equal("transaction-pending");
      await local.testClient.mine({ blocks: 1 });
      const receipt = await local.publicClient.getTransactionReceipt({ hash: hash! });
      expect(receipt.status).to.equal("success");
    });

    /** Sends `takeOne`, and another transaction with its nonce and a higher fee as soon as the first was seen waiting. */
    async function outbid(send: (client: WriteClient, fees: TransactionOverrides) => Promise<Hex>) {
      const nonce = await local.publicClient.getTransactionCount({ address: owner.account.address });
      const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n, nonce, gas: 100_000n };
      let isSeen = false;
      const client = intercepted(owner.account, async (method, next) => {
        const answer = await next();
        if (method === "eth_getTransactionByHash" && !isSeen) {
          isSeen = true;
          await send(owner, { ...fees, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 10n });
          await local.testClient.mine({ blocks: 1 });
        }
        return answer;
      });
      return withdrawSync(client, { ...takeOne, ...fees });
    }

    it("are followed when their fee is raised", async () => {
      const { events, receipt } = await outbid(async (client, fees) => withdraw(client, { ...takeOne, ...fees }));
      expect(events.map(({ eventName }) => eventName)).to.deep.equal(["Withdrawn"]);
      expect(receipt.status).to.equal("success");
    });

    it("have not happened when another transaction took their place", async () => {
      const waiting = outbid(async (client, fees) => approve(client, { deployment, amount: 0n, ...fees }));
      expect(await errorCode(waiting)).to.equal("transaction-replaced");
    });
  });

  describe("faults", () => {
    it("of the caller's arguments have a code", async () => {
      expect(await errorCode(withdraw(owner, { ...takeOne, amount: -1n }))).to.equal("malformed-message");
      expect(await errorCode(withdraw(owner, { ...takeOne, amount: 2n ** 96n }))).to.equal("malformed-message");
      expect(await errorCode(withdraw(owner, { ...takeOne, to: "0x12" }))).to.equal("malformed-message");
      const row = { terms: "0x", segmentsRoot: "0x", r: "0x", vs: "0x" } as const;
      const payee = owner.account.address;
      expect(await errorCode(settle(owner, { deployment, payee, rows: [row] }))).to.equal("malformed-message");
    });

    it("of the node have a code", async () => {
      const dead = createWalletClient({
        account: owner.account,
        transport: http("http://127.0.0.1:1", { retryCount: 0 }),
      });
      expect(await errorCode(withdraw(dead, takeOne))).to.equal("chain-unavailable");
      const poor = local.wallet(9);
      await local.testClient.setBalance({ address: poor.account.address, value: 0n });
      const unpaid = approveSync(poor, { deployment, amount: 1n, gas: 100_000n });
      expect(await errorCode(unpaid)).to.equal("chain-unavailable");
    });

    it("of the person at the wallet have a code", async () => {
      const declining = browserWallet(async (method, next) => {
        if (method === "eth_sendTransaction") throw Object.assign(new Error("User denied"), { code: 4001 });
        return next();
      });
      expect(await errorCode(withdraw(declining, takeOne))).to.equal("request-declined");
    });

    it("are understood wherever a node or wallet puts the contract's answer", async () => {
      const shapes: readonly ((data: Hex) => object)[] = [
        (data) => ({ code: 3, message: "execution reverted", data }),
        (data) => ({ code: -32_000, message: "execution reverted", data }),
        (data) => ({ code: -32_603, message: "Internal JSON-RPC error.", data: { message: "reverted", data } }),
        (data) => ({ code: -32_603, message: "Internal error", data: { originalError: { code: 3, data } } }),
        (data) => ({ code: -32_015, message: "VM execution error.", data: `Reverted ${data}` }),
      ];
      const parameters = { abi: paymentChannelsAbi, errorName: "NotFeeCollector" } as const;
      const data = encodeErrorResult({ ...parameters, args: [zeroAddress, owner.account.address] });
      for (const shape of shapes) {
        const wallet = browserWallet(async (method, next) => {
          if (method === "eth_call") throw Object.assign(new Error("refused"), shape(data));
          return next();
        });
        const error = await withdrawEarnings(wallet, { deployment, payee: signer }).catch((caught: unknown) => caught);
        expect(error).to.include({ errorName: "NotFeeCollector" });
        const read = await readAccount(wallet, { deployment, signer }).catch((caught: unknown) => caught);
        expect(WeirError.is(read)).to.equal(true);
        expect(read).to.include({ errorName: "NotFeeCollector" });
      }
    });
  });
});
