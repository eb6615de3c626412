import "fake-indexeddb/auto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { readEarnings, settleSync } from "weir/chain";
import { privateKeySigner } from "weir/core";
import { publish } from "../../examples/publisher.ts";
import { serve } from "../../examples/relay.ts";
import { earn } from "../../examples/staking.ts";
import { watch } from "../../examples/viewer.ts";
import { anvilAccount } from "../../scripts/local/anvil.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import { openPayer } from "../helpers/openPayer.ts";
import { newWallet, registeredOperator } from "../helpers/stakedOperator.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("the examples of the README, on the built package", function () {
  this.timeout(60_000);

  for (const name of ["viewer", "relay", "publisher", "staking"]) {
    it(`${name}: what the README shows is what runs here, in at most ten lines`, async () => {
      const source = await readFile(path.join(ROOT, "examples", `${name}.ts`), "utf8");
      const region = /\/\/ #region readme\n(?<lines>[\s\S]*?)\n *\/\/ #endregion/.exec(source)?.groups?.["lines"] ?? "";
      const lines = region.split("\n").map((line) => line.replace(/^ {2}/, ""));
      expect(lines.length).to.be.within(1, 10);
      expect(await readFile(path.join(ROOT, "README.md"), "utf8")).to.contain(`\`\`\`ts\n${lines.join("\n")}\n\`\`\``);
    });
  }

  it("a publisher signs, a relay serves, a viewer watches and pays", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "weir-examples-"));
    const local = await startLocalDeployment();
    const owner = anvilAccount(1);
    const key = generatePrivateKey();
    const publisherKey = generatePrivateKey();
    const { deployment } = local;
    const publisher = privateKeySigner(publisherKey).address;
    const source = path.join(folder, "documentary");
    await cp(path.join(ROOT, "test/media/testcard"), source, { recursive: true });
    const relayAddress = privateKeyToAccount(key).address;
    await local.testClient.setBalance({ address: relayAddress, value: parseEther("1") });
    await local.mint(owner.address, parseEther("2"));

    expect(await publish(source, publisherKey)).to.be.greaterThan(0);
    const database = path.join(folder, "relay.sqlite");
    const { relay, server } = await serve({ deployment, rpc: local.anvil.url, key, publisher, source, database });
    try {
      // A browser's wallet would sign; here the node does, for one of its own accounts.
      const ethereum = {
        request: async (call: { readonly method: string }): Promise<unknown> =>
          call.method === "eth_accounts" ? [owner.address] : local.publicClient.request(call as never),
      };
      const { spent, withdrawn } = await watch({ ethereum, deployment, publisher, relays: [server.url] });
      expect(spent > 0n).to.equal(true);
      const { balance, fees } = await readEarnings(local.publicClient, { deployment, payee: relayAddress });
      expect(withdrawn).to.equal(parseEther("2") - balance - fees);
    } finally {
      await server.stop();
      await relay.stop();
      await local.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("an operator stakes, somebody delegates, and its fees raise what the shares are worth", async () => {
    const local = await startLocalDeployment();
    try {
      const { deployment, publicClient: client } = local;
      const amount = parseEther("1000");
      const { wallet: operator, operator: relay } = await registeredOperator(local);
      const delegator = await newWallet(local);
      const holder = delegator.account.address;
      for (const owner of [relay, holder]) await local.mint(owner, amount);
      const payer = await openPayer(local, parseEther("100"));
      const row = await payer.row(await payer.fundedChannel(relay, parseEther("100")), parseEther("0.000001"));
      await settleSync(operator, { deployment, payee: relay, rows: [row] });
      const partners = { deployment, client, operator, delegator, relay, holder };
      const gain = await earn({ ...partners, nextEpoch: async () => local.sleep(604_800) }, amount);
      expect(gain > 0n).to.equal(true);
    } finally {
      await local.stop();
    }
  });
});
