import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { waitForTransactionReceipt, writeContract } from "viem/actions";
import { approveSync, depositSync, readAccount, readChannel, signSession } from "../../sdk/chain/index.ts";
import { paymentChannelsDomain, privateKeySigner } from "../../sdk/core/index.ts";
import { collectorWallet, sqliteRecords, viemChain } from "../../sdk/relay/index.ts";
import type { CollectionRecord } from "../../sdk/relay/index.ts";
import { readBytecodes } from "../../scripts/deploy/readBytecodes.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { weirTestTokenAbi } from "../../sdk/abis/weirTestToken.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { UNIT_PRICE } from "../helpers/openPayer.ts";
import { startRelayFixture } from "../helpers/relayFixture.ts";
import { eventually } from "../helpers/stage.ts";
import { testViewer } from "../helpers/testViewer.ts";

const DEPOSIT = 2_000_000n;

describe("A chain of istanbul's rules: no base fee, type-0 transactions, logs by polling", function () {
  this.timeout(300_000);

  it("pays a relay from the first segment to the closed channel, and says what the gas cost", async () => {
    execFileSync("hardhat", ["--config", "hardhat.istanbul.config.ts", "build", "--no-tests", "--quiet"]);
    const local = await startLocalDeployment({
      feeBps: 0,
      anvil: { hardfork: "istanbul" },
      bytecodes: readBytecodes("cache/istanbul/artifacts"),
      transaction: { type: "legacy" },
    });
    const { deployment, publicClient: client } = local;
    try {
      expect((await client.getBlock()).baseFeePerGas ?? null).to.equal(null);
      const key = generatePrivateKey();
      await openLegacyAccount(local, key, 10n * DEPOSIT);
      const agent = generatePrivateKey();
      const account = privateKeyToAccount(agent);
      await local.testClient.setBalance({ address: account.address, value: parseEther("10") });
      const fixture = await startRelayFixture({
        ...{ deployment, payee: account.address, agent, pricePerGiB: UNIT_PRICE, gracePeriod: 3_600 },
        chain: viemChain({ client, deployment }),
        collect: {
          wallet: collectorWallet({ client: local.wallet(account), deployment }),
          tokenPerEther: 1_000_000n,
        },
        limits: { watchMs: 30, collectMs: 50 },
      });
      try {
        fixture.time.now = Number((await client.getBlock()).timestamp);
        const domain = paymentChannelsDomain(deployment);
        const viewer = await testViewer({ ...fixture, domain, key });
        await viewer.open();
        await viewer.download("segment-0.m4s");
        await viewer.pay({ fund: await viewer.fund(DEPOSIT, fixture.time.now + 3_600) });
        const read = async (): ReturnType<typeof readChannel> =>
          readChannel(client, { deployment, channel: viewer.channel });
        await eventually("it is settled", async () => (await read()).settledBytes === 100_000n || undefined);
        await viewer.download("segment-1.m4s");
        await viewer.pay({ end: true });
        await eventually("it is closed", async () => (await read()).closed || undefined);
        expect((await read()).settledBytes).to.equal(200_000n);
        const { balance } = await readAccount(client, { deployment, signer: privateKeySigner(key).address });
        expect(balance).to.equal(10n * DEPOSIT - 200_000n);

        const history: CollectionRecord[] = [];
        await eventually("both are in the history", async () => {
          const records = sqliteRecords(`${fixture.folder}/relay.db`);
          await records.start();
          history.length = 0;
          for await (const record of records.collections()) history.push(record);
          await records.stop();
          return history.some(({ closes }) => closes === 1) || undefined;
        });
        for (const { hash, gasPrice, gasUsed } of history) {
          const transaction = await client.getTransaction({ hash: hash! });
          expect([transaction.type, transaction.gasPrice]).to.deep.equal(["legacy", gasPrice]);
          expect((await client.getTransactionReceipt({ hash: hash! })).gasUsed).to.equal(gasUsed);
        }
        expect(history.reduce((sum, { value }) => sum + value, 0n)).to.equal(200_000n);
      } finally {
        await fixture.stop();
      }
    } finally {
      await local.stop();
    }
  });
});

/** Opens an account for a session key with so many test tokens, by type-0 transactions alone. */
async function openLegacyAccount(local: LocalDeployment, key: Hex, amount: bigint): Promise<void> {
  const { deployment } = local;
  const owner = local.wallet(1);
  const signer = privateKeySigner(key);
  const legacy = { type: "legacy" } as const;
  const hash = await writeContract(owner, {
    ...{ address: deployment.token.address, abi: weirTestTokenAbi, functionName: "mint" },
    ...{ args: [owner.account.address, amount], chain: null, ...legacy },
  });
  await waitForTransactionReceipt(owner, { hash });
  await approveSync(owner, { deployment, amount, ...legacy });
  const session = await signSession(signer, { deployment, owner: owner.account.address });
  const account = { signer: signer.address, owner: owner.account.address, amount, session };
  await depositSync(owner, { deployment, ...account, ...legacy });
}
