import { expect } from "chai";
import { createPublicClient, createTestClient, http, keccak256, parseEther } from "viem";
import type { PublicClient } from "viem";
import { anvilAccount, startAnvil } from "../../../scripts/local/anvil.ts";
import type { Anvil } from "../../../scripts/local/anvil.ts";
import { startRpcProxy } from "../../helpers/rpcProxy.ts";
import type { RpcProxy } from "../../helpers/rpcProxy.ts";

/** A fault that does not happen would make every test of it pass. */
describe("An RPC endpoint that misbehaves on purpose", () => {
  const account = anvilAccount(0);
  let anvil: Anvil;
  let proxy: RpcProxy;
  let client: PublicClient;
  let direct: PublicClient;

  before(async () => {
    anvil = await startAnvil();
    proxy = await startRpcProxy(anvil.url);
    client = createPublicClient({ transport: http(proxy.url, { retryCount: 0, timeout: 300 }), cacheTime: 0 });
    direct = createPublicClient({ transport: http(anvil.url), cacheTime: 0 });
    await createTestClient({ transport: http(anvil.url), mode: "anvil" }).mine({ blocks: 5 });
  });
  after(async () => {
    await proxy.stop();
    await anvil.stop();
  });
  afterEach(() => {
    proxy.fault = {};
  });

  const failure = async (): Promise<string> =>
    client.getBlockNumber().then(
      (block) => `answered ${String(block)}`,
      (error: unknown) => String(error),
    );

  it("is a plain endpoint without a fault", async () => {
    const asked = proxy.calls.get("eth_blockNumber") ?? 0;
    expect(await client.getBlockNumber()).to.equal(await direct.getBlockNumber());
    expect(proxy.calls.get("eth_blockNumber")).to.equal(asked + 1);
  });

  it("is down, stalls, is late, refuses for a while, breaks off", async () => {
    for (const [fault, expected] of [
      [{ down: true }, /fetch failed/],
      [{ stalls: true }, /took too long/],
      [{ lateMs: 1_000 }, /took too long/],
      [{ retryAfter: 1 }, /Status: 429/],
      [{ truncates: true }, /HTTP request failed/],
    ] as const) {
      proxy.fault = fault;
      expect(await failure()).to.match(expected);
    }
    proxy.fault = { lateMs: 10 };
    expect(await failure()).to.match(/answered/);
  });

  it("lags: the newest blocks and what is in them are not there", async () => {
    const head = await direct.getBlockNumber();
    proxy.fault = { headOffset: -2 };
    expect(await client.getBlockNumber()).to.equal(head - 2n);
    expect((await client.getBlock()).number).to.equal(head - 2n);
    expect(await client.getBalance({ address: account.address, blockNumber: head }).catch(String)).to.contain(
      "header not found",
    );
    expect(await client.getBlock({ blockNumber: head }).catch(String)).to.contain("could not be found");
    expect(await client.getLogs({ fromBlock: head, toBlock: head })).to.deep.equal([]);
  });

  it("boasts of blocks that do not exist", async () => {
    const head = await direct.getBlockNumber();
    proxy.fault = { headOffset: 100 };
    expect(await client.getBlockNumber()).to.equal(head + 100n);
    expect((await client.getBlock()).number).to.equal(head + 100n);
    expect(await client.getBalance({ address: account.address, blockNumber: head + 50n })).to.equal(
      await direct.getBalance({ address: account.address }),
    );
  });

  it("lies about pending transactions, and throws some away", async () => {
    proxy.fault = { pendingOffset: 3, swallows: true };
    const { address } = account;
    expect(await client.getTransactionCount({ address, blockTag: "pending" })).to.equal(3);
    expect(await client.getTransactionCount({ address })).to.equal(0);
    const raw = await account.signTransaction({
      type: "legacy",
      ...{ chainId: anvil.chainId, to: address, value: parseEther("1"), nonce: 0, gas: 21_000n },
      gasPrice: await direct.getGasPrice(),
    });
    expect(await client.sendRawTransaction({ serializedTransaction: raw })).to.equal(keccak256(raw));
    expect(await direct.getTransactionCount({ address, blockTag: "pending" })).to.equal(0);
  });
});
