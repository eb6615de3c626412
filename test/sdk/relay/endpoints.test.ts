import { expect } from "chai";
import { createPublicClient, fallback, http } from "viem";
import { getBlock } from "viem/actions";
import { startAnvil } from "../../../scripts/local/anvil.ts";
import type { Anvil } from "../../../scripts/local/anvil.ts";
import { openEndpoints } from "../../../sdk/relay/chain/endpoints.ts";
import type { Endpoints } from "../../../sdk/relay/chain/endpoints.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startRpcProxy } from "../../helpers/rpcProxy.ts";
import type { RpcFault, RpcProxy } from "../../helpers/rpcProxy.ts";

const HEAD = 20;

describe("Several RPC endpoints", () => {
  let anvil: Anvil;
  let proxies: RpcProxy[];

  before(async () => {
    anvil = await startAnvil();
    const direct = createPublicClient({ transport: http(anvil.url) });
    await direct.request({ method: "anvil_mine", params: [`0x${HEAD.toString(16)}`] } as never);
    proxies = await Promise.all([1, 2, 3].map(async () => startRpcProxy(anvil.url)));
  });
  after(async () => {
    await Promise.all(proxies.map(async (proxy) => proxy.stop()));
    await anvil.stop();
  });

  /** The first so many endpoints, with these faults. */
  const endpointsWith = (...faults: readonly RpcFault[]): Endpoints => {
    for (const [i, fault] of faults.entries()) proxies[i]!.fault = fault;
    const used = proxies.slice(0, faults.length).map(({ url }) => http(url, { timeout: 500, retryCount: 0 }));
    const [only] = used;
    return openEndpoints(createPublicClient({ transport: faults.length === 1 ? only! : fallback(used) }));
  };
  const headWith = async (...faults: readonly RpcFault[]): Promise<number> =>
    (await endpointsWith(...faults).head()).number;

  it("believe one that is alone only what it can show", async () => {
    expect(await headWith({})).to.equal(HEAD);
    expect(await headWith({ headOffset: -3 })).to.equal(HEAD - 3);
    expect(await errorCode(endpointsWith({ headOffset: 3 }).head())).to.equal("chain-unavailable");
  });

  it("take the one that is ahead of two, unless it cannot show it", async () => {
    expect(await headWith({}, { headOffset: -3 })).to.equal(HEAD);
    expect(await headWith({ headOffset: -3 }, {})).to.equal(HEAD);
    expect(await headWith({ headOffset: 3 }, { headOffset: -1 })).to.equal(HEAD - 1);
  });

  it("take what two of three have reached", async () => {
    expect(await headWith({ headOffset: -3 }, {}, {})).to.equal(HEAD);
    expect(await headWith({ headOffset: -3 }, { headOffset: -1 }, {})).to.equal(HEAD - 1);
    expect(await headWith({ headOffset: 100 }, {}, { headOffset: -5 })).to.equal(HEAD);
  });

  it("leave out those that are down, late, refuse or break off", async () => {
    for (const fault of [{ down: true }, { lateMs: 700 }, { retryAfter: 60 }, { truncates: true }]) {
      expect(await headWith(fault, { headOffset: -1 }), JSON.stringify(fault)).to.equal(HEAD - 1);
    }
    expect(await errorCode(endpointsWith({ down: true }, { retryAfter: 60 }).head())).to.equal("chain-unavailable");
  });

  it("ask about a block only those that have it, and the next when one fails", async () => {
    const endpoints = endpointsWith({ headOffset: -3 }, {}, {});
    const { number, hash } = await endpoints.head();
    proxies[1]!.fault = { down: true };
    const lagging = proxies[0]!.calls.get("eth_getBlockByNumber");
    const block = await endpoints.ask(number, async (client) => getBlock(client, { blockNumber: BigInt(number) }));
    expect(block.hash).to.equal(hash);
    expect(proxies[0]!.calls.get("eth_getBlockByNumber")).to.equal(lagging);
    expect(await errorCode(endpoints.ask(number + 1, async (client) => getBlock(client)))).to.equal(
      "chain-unavailable",
    );
  });
});
