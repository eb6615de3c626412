import { expect } from "chai";
import { createPublicClient, custom } from "viem";
import type { PublicClient } from "viem";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { clearAgentSync, findRelays, readOperatorStake } from "../../../sdk/chain/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { registeredOperator, SMALL_STAKES, stakedOperator } from "../../helpers/stakedOperator.ts";

const listings: readonly (readonly [endpoint: string, region: string, pricePerGiB: bigint, stake?: bigint])[] = [
  ["https://north.example", "eu-north", 30n, 1_000n],
  ["https://Central.Example/", "EU", 20n, 5_000n],
  ["https://cheap.example:8402", "us", 10n],
  // Too little to be active.
  ["https://europa.example", "europa", 40n, 999n],
  ["http://127.0.0.1:8402", "", 50n],
  ["http://plain.example", "eu", 1n],
  ["https://relay.example/path/", "eu", 1n],
  ["javascript:alert(1)", "eu", 1n],
  ["https://agentless.example", "eu", 1n],
];

describe("finding relays", () => {
  let local: LocalDeployment;
  let requests = 0;
  let isDown = false;

  /** A client that counts what it asks. */
  const reader = (): PublicClient =>
    createPublicClient({
      transport: custom(
        {
          async request(request: Parameters<PublicClient["request"]>[0]): Promise<unknown> {
            requests++;
            if (isDown) throw new Error("the node is down");
            return local.publicClient.request(request);
          },
        },
        { retryCount: 0 },
      ),
    });

  before(async () => {
    local = await startLocalDeployment(SMALL_STAKES);
    for (const entry of listings) await register(...entry);
  });
  after(async () => local.stop());

  async function register(endpoint: string, region: string, pricePerGiB: bigint, stake?: bigint): Promise<void> {
    const listing = { endpoint, region, pricePerGiB };
    const { wallet } = await (stake === undefined
      ? registeredOperator(local, listing)
      : stakedOperator(local, stake, listing));
    if (endpoint.includes("agentless")) await clearAgentSync(wallet, { deployment: local.deployment });
  }

  it("lists those that a viewer can use, the cheapest first", async () => {
    const found = await findRelays(reader(), { deployment: local.deployment });
    expect(found.map(({ origin, pricePerGiB }) => [origin, pricePerGiB])).to.deep.equal([
      ["https://cheap.example:8402", 10n],
      ["https://central.example", 20n],
      ["https://north.example", 30n],
      ["https://europa.example", 40n],
      ["http://127.0.0.1:8402", 50n],
    ]);
  });

  it("by region and price", async () => {
    const client = reader();
    const { deployment } = local;
    const regions = async (region: string, maxPricePerGiB?: bigint): Promise<string[]> =>
      (await findRelays(client, { deployment, region, maxPricePerGiB })).map((relay) => relay.region);
    expect(await regions("eu")).to.deep.equal(["EU", "eu-north"]);
    expect(await regions("EU-North")).to.deep.equal(["eu-north"]);
    expect(await regions("eu", 20n)).to.deep.equal(["EU"]);
    expect(await regions("eu", 19n)).to.deep.equal([]);
    expect(await regions("")).to.deep.equal([""]);
  });

  it("by what their operators have at stake", async () => {
    const client = reader();
    const { deployment } = local;
    const origins = async (minStake: bigint, region?: string): Promise<string[]> =>
      (await findRelays(client, { deployment, minStake, region })).map(({ origin }) => origin);
    expect(await origins(0n)).to.deep.equal(["https://central.example", "https://north.example"]);
    expect(await origins(1_000n)).to.deep.equal(["https://central.example", "https://north.example"]);
    expect(await origins(1_001n)).to.deep.equal(["https://central.example"]);
    expect(await origins(5_001n)).to.deep.equal([]);
    expect(await origins(0n, "eu-north")).to.deep.equal(["https://north.example"]);
    expect(await origins(0n, "us")).to.deep.equal([]);
    const [found] = await findRelays(client, { deployment, minStake: 5_000n });
    const { operator } = found!;
    expect(found!.stake).to.deep.equal(await readOperatorStake(client, { deployment, operator }));
    expect((await findRelays(client, { deployment })).some((relay) => "stake" in relay)).to.equal(false);
  });

  it("reads a stake once with its list, of the relays that are left alone", async () => {
    const client = reader();
    const { deployment } = local;
    await findRelays(client, { deployment });
    requests = 0;
    await findRelays(client, { deployment, region: "nowhere", minStake: 0n });
    expect(requests).to.equal(0);
    const eu = { deployment, region: "eu", minStake: 0n };
    await Promise.all([findRelays(client, eu), findRelays(client, { ...eu, minStake: 5_000n })]);
    const once = requests;
    expect(once).to.be.above(0);
    await findRelays(client, { ...eu, region: "eu-north" });
    expect(requests).to.equal(once);
    await findRelays(client, { deployment, minStake: 0n });
    expect(requests).to.equal(2 * once);
    await findRelays(client, { ...eu, maxAgeMs: 0 });
    expect(requests).to.be.above(3 * once);
  });

  it("reads the list once a minute for each client, and anew when asked to", async () => {
    const client = reader();
    const { deployment } = local;
    requests = 0;
    await Promise.all([findRelays(client, { deployment }), findRelays(client, { deployment, region: "eu" })]);
    const once = requests;
    expect(once).to.be.above(0);
    await findRelays(client, { deployment });
    expect(requests).to.equal(once);
    await findRelays(client, { deployment, maxAgeMs: 0 });
    expect(requests).to.equal(2 * once);
  });

  it("asks again after a failure", async () => {
    const client = reader();
    const { deployment } = local;
    isDown = true;
    expect(await errorCode(findRelays(client, { deployment }))).to.equal("chain-unavailable");
    isDown = false;
    expect(await findRelays(client, { deployment })).to.have.length(5);
    isDown = true;
    const staked = { deployment, minStake: 0n };
    expect(await errorCode(findRelays(client, staked))).to.equal("chain-unavailable");
    isDown = false;
    expect(await findRelays(client, staked)).to.have.length(2);
  });
});
