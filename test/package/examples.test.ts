import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { privateKeySigner } from "weir/core";
import { publish } from "../../examples/publisher.ts";
import { serve } from "../../examples/relay.ts";
import { watch } from "../../examples/viewer.ts";
import { anvilAccount } from "../../scripts/local/anvil.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("the examples of the README, on the built package", function () {
  this.timeout(60_000);

  for (const name of ["viewer", "relay", "publisher"]) {
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
    await local.testClient.setBalance({ address: privateKeyToAccount(key).address, value: parseEther("1") });
    await local.mint(owner.address, parseEther("2"));

    expect(await publish(source, publisherKey)).to.be.greaterThan(0);
    const database = path.join(folder, "relay.sqlite");
    const { relay, server } = await serve({ deployment, rpc: local.anvil.url, key, publisher, source, database });
    try {
      const spent = await watch({
        // A browser's wallet would sign; here the node does, for one of its own accounts.
        ethereum: { request: async (call: object) => local.publicClient.request(call as never) },
        account: owner.address,
        sessionKey: generatePrivateKey(),
        deployment,
        publisher,
        relays: [server.url],
      });
      expect(spent > 0n).to.equal(true);
    } finally {
      await server.stop();
      await relay.stop();
      await local.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
