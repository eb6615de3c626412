import { expect } from "chai";
import { id, Wallet } from "ethers";
import {
  DISPUTE_WINDOW,
  ethers,
  loadWeir,
  networkHelpers,
  registerPayee,
  sign,
  tokens,
  ZERO_ADDRESS,
} from "./fixture.ts";
import type { Weir } from "./fixture.ts";

const listing = { pricePerGiB: tokens("1"), endpoint: "https://relay.example", region: "eu", metadataURI: "" };

const consent = async (weir: Weir, agent: Wallet, operator: string): Promise<{ r: string; vs: string }> =>
  sign(agent, weir.registryDomain, "Agent", { operator: operator as `0x${string}` });

describe("the operator registry", () => {
  it("lists operators in pages, with events that tell the same", async () => {
    const weir = await loadWeir();
    const { registry, payer, payee, agent, cold, collector, stranger } = weir;
    const operators = [payer, payee, agent, cold, collector];
    for (const [index, operator] of operators.entries()) {
      const key = new Wallet(id(`agent ${index}`));
      const { r, vs } = await consent(weir, key, operator.address);
      const own = { ...listing, endpoint: `https://relay-${index}.example`, pricePerGiB: BigInt(index + 1) };
      await expect(registry.connect(operator).register(own, stranger, key, r, vs))
        .to.emit(registry, "OperatorRegistered")
        .withArgs(operator.address)
        .and.to.emit(registry, "ListingUpdated")
        .withArgs(operator.address, Object.values(own))
        .and.to.emit(registry, "BeneficiarySet")
        .withArgs(operator.address, stranger.address)
        .and.to.emit(registry, "AgentSet")
        .withArgs(operator.address, key.address);
    }
    expect(await registry.operatorCount()).to.equal(5n);
    const read = async (offset: number, limit: number): Promise<string[]> =>
      (await registry.operators(offset, limit)).map((record) => record.listing.endpoint);
    expect(await read(0, 2)).to.deep.equal(["https://relay-0.example", "https://relay-1.example"]);
    expect(await read(4, 2)).to.deep.equal(["https://relay-4.example"]);
    expect(await read(5, 2)).to.deep.equal([]);
    await registry.connect(payee).deregister();
    expect(await read(0, 100)).to.deep.equal([0, 4, 2, 3].map((index) => `https://relay-${index}.example`));
    await expect(registry.operatorRecord(payee)).to.be.revertedWithCustomError(registry, "NotRegistered");
  });

  it("keeps a replaced agent accountable for one dispute window and out of office for ever", async () => {
    const weir = await loadWeir();
    const { registry, payee, agent } = weir;
    await registerPayee(weir);
    const next = new Wallet(id("next agent"));
    const { r, vs } = await consent(weir, next, payee.address);
    await expect(registry.connect(payee).setAgent(next, r, vs)).to.emit(registry, "AgentRevoked");
    const revokedAt = await networkHelpers.time.latest();
    expect(await registry.agentRecord(agent)).to.deep.equal([payee.address, BigInt(revokedAt)]);
    expect(await registry.isAgent(payee, agent)).to.equal(false);
    await networkHelpers.time.increaseTo(revokedAt + DISPUTE_WINDOW - 1);
    expect(await registry.accountableOperatorOf(agent)).to.equal(payee.address);
    await networkHelpers.time.increaseTo(revokedAt + DISPUTE_WINDOW);
    expect(await registry.accountableOperatorOf(agent)).to.equal(ZERO_ADDRESS);
    expect(await registry.accountableOperatorOf(next)).to.equal(payee.address);
    const old = await sign(agent, weir.registryDomain, "Agent", { operator: payee.address as `0x${string}` });
    await expect(registry.connect(payee).setAgent(agent, old.r, old.vs))
      .to.be.revertedWithCustomError(registry, "AgentTaken")
      .withArgs(agent.address, payee.address);
  });

  it("takes an agent's word for its own operator, chain and contract alone", async () => {
    const weir = await loadWeir();
    const { registry, payee, stranger, registryDomain, domain } = weir;
    const key = new Wallet(id("agent"));
    const operator = payee.address as `0x${string}`;
    const forOther = await consent(weir, key, stranger.address);
    const forEscrow = await sign(key, domain, "Agent", { operator });
    const forChain = await sign(key, { ...registryDomain, chainId: 1n }, "Agent", { operator });
    const forFork = await sign(key, { ...registryDomain, salt: id("other salt") }, "Agent", { operator });
    for (const { r, vs } of [forOther, forEscrow, forChain, forFork]) {
      await expect(registry.connect(payee).register(listing, ZERO_ADDRESS, key, r, vs)).to.be.revertedWithCustomError(
        registry,
        "InvalidAgentSignature",
      );
    }
    // Who copies a consent from the pool cannot use it.
    const { r, vs } = await consent(weir, key, payee.address);
    await expect(registry.connect(stranger).register(listing, ZERO_ADDRESS, key, r, vs)).to.be.revertedWithCustomError(
      registry,
      "InvalidAgentSignature",
    );
    await registry.connect(payee).register(listing, ZERO_ADDRESS, key, r, vs);
  });

  it("lets a contract wallet be an operator", async () => {
    const weir = await loadWeir();
    const { registry, payer } = weir;
    const wallet = await ethers.deployContract("ContractWallet", [payer]);
    const key = new Wallet(id("agent"));
    const { r, vs } = await consent(weir, key, await wallet.getAddress());
    const call = registry.interface.encodeFunctionData("register", [listing, payer.address, key.address, r, vs]);
    await wallet.connect(payer).execute(registry, call);
    expect(await registry.isAgent(wallet, key)).to.equal(true);
    expect(await registry.beneficiaryOf(wallet)).to.equal(payer.address);
  });
});
