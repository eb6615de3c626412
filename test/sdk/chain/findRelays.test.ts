import { expect } from "chai";
import { createPublicClient, custom, zeroAddress } from "viem";
import type { PublicClient } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { clearAgentSync, findRelays, registerSync, signAgent } from "../../../sdk/chain/index.ts";
import type { Listing } from "../../../sdk/chain/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const listings: readonly (readonly [endpoint: string, region: string, pricePerGiB: bigint])[] = [
  ["https://north.example", "eu-north", 30n],
  ["https://Central.Example/", "EU", 20n],
  ["https://cheap.example:8402", "us", 10n],
  ["https://europa.example", "europa", 40n],
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
    local = await startLocalDeployment();
    for (const entry of listings) await register(...entry);
  });
  after(async () => local.stop());

  async function register(endpoint: string, region: string, pricePerGiB: bigint): Promise<void> {
    const { deployment } = local;
    const account = privateKeyToAccount(generatePrivateKey());
    await local.testClient.setBalance({ address: account.address, value: 10n ** 18n });
    const operator = local.wallet(account);
    const agent = privateKeyToAccount(generatePrivateKey());
    const signature = await signAgent(agent, { deployment, operator: account.address });
    const listing: Listing = { endpoint, region, pricePerGiB, metadataURI: "" };
    await registerSync(operator, { deployment, listing, beneficiary: zeroAddress, agent: agent.address, signature });
    if (endpoint.includes("agentless")) await clearAgentSync(operator, { deployment });
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
  });
});
