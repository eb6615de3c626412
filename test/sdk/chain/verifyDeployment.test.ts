import { expect } from "chai";
import { createPublicClient, http } from "viem";
import type { Hex } from "viem";
import { readAccount, readDomain, readToken, verifyDeployment } from "../../../sdk/chain/index.ts";
import { operatorRegistryDomain, paymentChannelsDomain } from "../../../sdk/core/index.ts";
import type { Deployment } from "../../../sdk/core/index.ts";
import { startAnvil } from "../../../scripts/local/anvil.ts";
import type { Anvil } from "../../../scripts/local/anvil.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { deployWeir } from "../../../scripts/deploy/deployWeir.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";

describe("verifyDeployment", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let twin: LocalDeployment;
  let bare: Anvil;

  before(async () => {
    local = await startLocalDeployment({ feeBps: 10 });
    deployment = local.deployment;
    // Same chain id, same deployer, same nonces: same addresses. Only the blocks differ.
    const anvil = { timestamp: 1_900_000_000 };
    twin = await startLocalDeployment({ feeBps: 10, anvil });
    bare = await startAnvil({ chainId: 4_242 });
  });
  after(async () => {
    await local.stop();
    await twin.stop();
    await bare.stop();
  });

  const verdict = async (changed: Partial<Deployment>): Promise<string> =>
    errorCode(verifyDeployment(local.publicClient, { ...deployment, ...changed }));

  it("accepts what was deployed", async () => {
    expect(await verdict({})).to.equal("none");
  });

  it("accepts addresses in any letter case and a salt in upper case", async () => {
    const lower = <Value extends { address: Hex }>(it: Value): Value => ({ ...it, address: it.address.toLowerCase() });
    const { salt } = deployment.paymentChannels;
    const shouted: Hex = `0x${salt.slice(2).toUpperCase()}`;
    const changed = {
      token: lower(deployment.token),
      operatorRegistry: lower(deployment.operatorRegistry),
      stakeManager: lower(deployment.stakeManager),
      rewardsDistributor: lower(deployment.rewardsDistributor),
      deliveryDisputes: lower(deployment.deliveryDisputes),
      paymentChannels: { ...lower(deployment.paymentChannels), salt: shouted },
    };
    expect(await verdict(changed)).to.equal("none");
  });

  it("refuses a node of another chain", async () => {
    expect(await verdict({ chainId: 1 })).to.equal("wrong-chain");
    const elsewhere = createPublicClient({ transport: http(bare.url) });
    expect(await errorCode(verifyDeployment(elsewhere, deployment))).to.equal("wrong-chain");
  });

  it("refuses another network with the same chain id and the same addresses", async () => {
    expect(twin.deployment.paymentChannels.address).to.equal(deployment.paymentChannels.address);
    expect(await errorCode(verifyDeployment(twin.publicClient, deployment))).to.equal("wrong-contract");
  });

  it("refuses an address without code, or with other code", async () => {
    const { operatorRegistry, paymentChannels, token } = deployment;
    const nowhere: Hex = `0x${"99".repeat(20)}`;
    const [refusing, silent]: Hex[] = [`0x${"98".repeat(20)}`, `0x${"97".repeat(20)}`];
    await local.testClient.setCode({ address: refusing!, bytecode: "0x5f5ffd" });
    await local.testClient.setCode({ address: silent!, bytecode: "0x60205ff3" });
    for (const address of [nowhere, refusing!, silent!, token.address, operatorRegistry.address]) {
      expect(await verdict({ paymentChannels: { ...paymentChannels, address } })).to.equal("wrong-contract");
    }
    for (const address of [nowhere, token.address, paymentChannels.address]) {
      expect(await verdict({ operatorRegistry: { ...operatorRegistry, address } })).to.equal("wrong-contract");
    }
  });

  it("refuses the same of those above the escrow", async () => {
    const nowhere: Hex = `0x${"99".repeat(20)}`;
    const refusing: Hex = `0x${"96".repeat(20)}`;
    await local.testClient.setCode({ address: refusing, bytecode: "0x5f5ffd" });
    for (const name of ["stakeManager", "rewardsDistributor", "deliveryDisputes"] as const) {
      for (const address of [nowhere, refusing, deployment.token.address, deployment.paymentChannels.address]) {
        expect(await verdict({ [name]: { ...deployment[name], address } })).to.equal("wrong-contract");
      }
    }
  });

  it("refuses any contract that was built for others, on the same chain and for the same token", async () => {
    const other = await deployWeir(local.wallet(0), { token: deployment.token.address, feeBps: 10 });
    expect(await errorCode(verifyDeployment(local.publicClient, other))).to.equal("none");
    const { deliveryDisputes, operatorRegistry, paymentChannels, rewardsDistributor, stakeManager } = other;
    const parts = { deliveryDisputes, operatorRegistry, paymentChannels, rewardsDistributor, stakeManager };
    for (const [name, contract] of Object.entries(parts)) {
      expect(await verdict({ [name]: contract }), name).to.equal("wrong-contract");
      const rest = { ...other, [name]: deployment[name as keyof typeof parts] };
      expect(await errorCode(verifyDeployment(local.publicClient, rest)), name).to.equal("wrong-contract");
    }
    // What only one of them says.
    const upper = { stakeManager, rewardsDistributor, deliveryDisputes };
    expect(await verdict(upper)).to.equal("wrong-contract");
    expect(await verdict({ ...upper, paymentChannels })).to.equal("wrong-contract");
  });

  it("refuses another token, registry or fee than the escrow's", async () => {
    const { operatorRegistry, paymentChannels, token } = deployment;
    const other = { ...token, address: paymentChannels.address };
    expect(await verdict({ token: other })).to.equal("wrong-token");
    expect(await verdict({ operatorRegistry: { ...operatorRegistry, salt: `0x${"00".repeat(32)}` } })).to.equal(
      "wrong-contract",
    );
    expect(await verdict({ feeBps: 11 })).to.equal("wrong-contract");
  });

  it("says when the node does not answer", async () => {
    const dead = createPublicClient({ transport: http("http://127.0.0.1:1", { retryCount: 0 }) });
    expect(await errorCode(verifyDeployment(dead, deployment))).to.equal("chain-unavailable");
    const options = { deployment, signer: deployment.token.address };
    expect(await errorCode(readAccount(dead, options))).to.equal("chain-unavailable");
    expect(await errorCode(readToken(dead, deployment.token))).to.equal("chain-unavailable");
  });

  describe("readDomain", () => {
    it("answers the domain that the core computes from the deployment", async () => {
      const { operatorRegistry, paymentChannels } = deployment;
      expect(await readDomain(local.publicClient, paymentChannels)).to.deep.equal({
        ...paymentChannelsDomain(deployment),
        chainId: BigInt(deployment.chainId),
      });
      expect(await readDomain(local.publicClient, operatorRegistry)).to.deep.equal({
        ...operatorRegistryDomain(deployment),
        chainId: BigInt(deployment.chainId),
      });
    });

    it("refuses the domain of another protocol", async () => {
      expect(await errorCode(readDomain(local.publicClient, deployment.token))).to.equal("wrong-contract");
    });
  });
});
