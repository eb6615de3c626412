import { expect } from "chai";
import type { Abi, AbiFunction } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { operatorRegistryAbi, paymentChannelsAbi, stakeManagerAbi } from "../../../sdk/abis/index.ts";
import { fundSync, openAccount, stakeSync } from "../../../sdk/chain/index.ts";
import type { RpcClient } from "../../../sdk/chain/index.ts";
import { channelId, privateKeySigner } from "../../../sdk/core/index.ts";
import type { Address } from "../../../sdk/core/index.ts";
import { viewerChain } from "../../../sdk/viewer/index.ts";
import { viewerViews } from "../../../sdk/viewer/viewerChain.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { giveStake, registeredOperator } from "../../helpers/stakedOperator.ts";

const STAKE = 10n ** 21n;

describe("viewerChain", function () {
  this.timeout(60_000);
  let local: LocalDeployment;
  const id = `0x${"5a".repeat(32)}` as const;

  before(async () => {
    local = await startLocalDeployment();
  });

  after(async () => {
    await local.stop();
  });

  /** A node that answers the same to everything, or fails. */
  const node = (answer: () => unknown): RpcClient => ({ request: async () => Promise.resolve().then(answer) });
  const codeWith = async (answer: () => unknown): Promise<unknown> =>
    errorCode(viewerChain(node(answer), local.deployment).channel(id));

  for (const [view, abi] of [
    [viewerViews.channel, paymentChannelsAbi],
    [viewerViews.agent, operatorRegistryAbi],
    [viewerViews.stake, stakeManagerAbi],
  ] as const) {
    it(`asks ${view.name} as the contract declares it`, () => {
      const declared = (abi as Abi).find(
        (item): item is AbiFunction => item.type === "function" && item.name === view.name,
      );
      expect(declared?.inputs.map(({ type }) => type)).to.deep.equal([view.input]);
      const [output] = declared?.outputs ?? [];
      const fields = output && "components" in output ? output.components.map(({ name }) => name) : ["agent"];
      expect(fields).to.deep.equal(view.outputs);
    });
  }

  it("knows what became of a channel", async () => {
    const { deployment } = local;
    const wallet = local.wallet(1);
    await local.mint(wallet.account.address, 500n);
    const signer = privateKeySigner(generatePrivateKey());
    await openAccount(wallet, { deployment, signer, amount: 500n });
    const payee = local.wallet(3).account.address;
    const channel = { signer: signer.address, payee, pricePerGiB: 1n, gracePeriod: 3_600, nonce: 1n };
    const chain = viewerChain(local.publicClient, deployment);
    expect(await chain.channel(channelId(channel))).to.deep.equal({ closed: false, settledBytes: 0n });
    await fundSync(wallet, { deployment, channel, total: 200n });
    expect(await chain.channel(channelId(channel))).to.deep.equal({ closed: false, settledBytes: 0n });
  });

  it("knows what an operator has at stake, and for which agent", async () => {
    const { deployment, publicClient } = local;
    const { wallet, operator, agent: signer } = await registeredOperator(local);
    const agent = signer.address;
    const chain = viewerChain(publicClient, deployment);
    expect(await chain.activeStake(operator, agent)).to.equal(0n);
    await giveStake(local, wallet, STAKE);
    await stakeSync(wallet, { deployment, amount: STAKE });
    expect(await chain.activeStake(operator, agent)).to.equal(STAKE);
    expect(await chain.activeStake(operator.toLowerCase() as Address, agent)).to.equal(STAKE);
    expect(await chain.activeStake(operator, operator)).to.equal(0n);
  });

  it("asks a wallet's provider as well as a viem client", async () => {
    const { publicClient } = local;
    const provider: RpcClient = { request: async (call) => publicClient.request(call) };
    expect(await viewerChain(provider, local.deployment).channel(id)).to.deep.equal({
      closed: false,
      settledBytes: 0n,
    });
  });

  it("reads flags and numbers at their places", async () => {
    const word = (value: bigint): string => value.toString(16).padStart(64, "0");
    const answer = `0x${word(9n)}${word(2n ** 64n - 1n)}${word(7n)}${word(1n)}`;
    const read = await viewerChain(
      node(() => answer),
      local.deployment,
    ).channel(id);
    expect(read).to.deep.equal({ closed: true, settledBytes: 2n ** 64n - 1n });
  });

  it("tells a contract that is not ours from a chain that cannot be asked", async () => {
    const astray = { ...local.deployment, paymentChannels: local.deployment.operatorRegistry };
    expect(await errorCode(viewerChain(local.publicClient, astray).channel(id))).to.equal("wrong-contract");
    const nobody = { ...local.deployment.paymentChannels, address: `0x${"12".repeat(20)}` as const };
    const empty = { ...local.deployment, paymentChannels: nobody };
    expect(await errorCode(viewerChain(local.publicClient, empty).channel(id))).to.equal("wrong-contract");
    for (const answer of [
      undefined,
      null,
      7,
      "0x",
      `0x${"00".repeat(127)}`,
      `0x${"zz".repeat(128)}`,
      `0x${"00".repeat(160)}`,
    ]) {
      expect(await codeWith(() => answer)).to.equal("wrong-contract");
    }
    const failing = (message: string, more: object) => (): never => {
      throw Object.assign(new Error(message), more);
    };
    expect(await codeWith(failing("no", { code: 3 }))).to.equal("wrong-contract");
    expect(await codeWith(failing("execution reverted", {}))).to.equal("wrong-contract");
    const wrapped = { code: -32_603, data: { originalError: { data: "Reverted 0x" } } };
    expect(await codeWith(failing("internal error", wrapped))).to.equal("wrong-contract");
    expect(await codeWith(failing("fetch failed", {}))).to.equal("chain-unavailable");
  });
});
