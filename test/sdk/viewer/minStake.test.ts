import { expect } from "chai";
import { privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import type { Address } from "../../../sdk/core/index.ts";
import type { ViewerChain, ViewerOptions } from "../../../sdk/viewer/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { relayKey, startNetwork, startViewer } from "./relayNetwork.ts";
import type { RelayNetwork, TestedViewer } from "./relayNetwork.ts";

const STAKE = 1_000n;

describe("a viewer that demands stake", () => {
  let network: RelayNetwork;
  let viewer: TestedViewer | undefined;
  let stakes: Map<string, bigint>;
  /** Payees and agents that the chain was asked about. */
  let asked: (readonly [Address, Address])[];
  let chain: ViewerChain;
  /** Unreachable for so many questions. */
  let failures: number;

  const address = (index: number): Address => privateKeySigner(relayKey(index)).address;

  beforeEach(async () => {
    network = await startNetwork([{}, {}]);
    stakes = new Map();
    asked = [];
    failures = 0;
    chain = {
      channel: async () => Promise.reject(new Error("not asked")),
      activeStake: async (operator, agent) => {
        asked.push([operator, agent]);
        if (failures-- > 0) return Promise.reject(new WeirError("chain-unavailable"));
        return Promise.resolve(stakes.get(operator.toLowerCase()) ?? 0n);
      },
    };
  });

  afterEach(async () => {
    await viewer?.close();
    await network.stop();
  });

  const start = (change: Partial<ViewerOptions> = {}): TestedViewer => {
    viewer = startViewer(network, { chain, minStake: STAKE, timing: { giveUp: 3_000 }, ...change });
    return viewer;
  };

  it("uses those that have it, and nobody else", async () => {
    stakes.set(address(0), STAKE - 1n);
    stakes.set(address(1), STAKE);
    const playing = start();
    for (const name of ["segment-0.m4s", "segment-1.m4s"]) {
      expect(await playing.get(name)).to.deep.equal(network.bytes(name));
    }
    const { relays } = await playing.close();
    expect(relays[0]).to.include({ phase: "new", problem: "stake-too-low", pricePerGiB: undefined });
    expect(network.relays[0]!.credentials).to.have.length(0);
    expect(network.relays[0]!.asked.filter((name) => name !== "weir.json")).to.deep.equal([]);
    expect(relays[1]!.verifiedBytes).to.equal(200_000n);
  });

  it("says why it has nobody left", async () => {
    const playing = start();
    const error = await playing.get("segment-0.m4s").catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "no-relay-left");
    expect((error as WeirError).details).to.include("stake-too-low");
    expect(
      playing.events.filter((event) => event.type === "failed" && event.error.code === "stake-too-low"),
    ).to.have.length(2);
  });

  it("asks about the payee that the terms name, with the agent that signs", async () => {
    stakes.set(address(0), STAKE);
    stakes.set(address(1), STAKE);
    await start().get("segment-0.m4s");
    expect(new Set(asked.flat())).to.deep.equal(new Set([address(0), address(1)]));
    for (const [operator, agent] of asked) expect(agent).to.equal(operator);
  });

  it("asks nobody whom it could not ask the chain about, and tries again", async () => {
    stakes.set(address(0), STAKE);
    failures = 3;
    const playing = start();
    expect(await playing.get("segment-0.m4s")).to.deep.equal(network.bytes("segment-0.m4s"));
    const failed = playing.events.filter(
      (event) => event.type === "failed" && event.error.code === "chain-unavailable",
    );
    expect(failed).to.have.length(3);
  });

  it("does not wait for ever for a chain that hangs", async () => {
    chain = { ...chain, activeStake: async () => new Promise<never>(() => undefined) };
    const playing = start({ timing: { request: 100, giveUp: 1_000 } });
    expect(await errorCode(playing.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect((await playing.close()).relays[0]).to.include({ problem: "chain-unavailable" });
  });

  it("does not ask the chain without being told to", async () => {
    await start({ minStake: 0n }).get("segment-0.m4s");
    expect(asked).to.deep.equal([]);
  });

  it("cannot be made without a chain to ask, or with nonsense", () => {
    expect(() => startViewer(network, { minStake: 1n }))
      .to.throw()
      .with.property("code", "malformed-message");
    expect(() => startViewer(network, { chain, minStake: -1n }))
      .to.throw()
      .with.property("code", "malformed-message");
  });
});
