import { expect } from "chai";
import { encryptKeystoreJsonSync } from "ethers";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClient, createWalletClient, http, publicActions } from "viem";
import type { Hex } from "viem";
import { deployContract } from "../../../scripts/deploy/deployContract.ts";
import type { DeployClient } from "../../../scripts/deploy/deployContract.ts";
import { parseDeployFlags } from "../../../scripts/deploy/deployFlags.ts";
import { deployWeir } from "../../../scripts/deploy/deployWeir.ts";
import { deploymentPath } from "../../../scripts/deploy/deploymentFile.ts";
import { fileJournal, memoryJournal } from "../../../scripts/deploy/deploymentJournal.ts";
import type { DeploymentJournal } from "../../../scripts/deploy/deploymentJournal.ts";
import { decryptKeystore } from "../../../sdk/cli/keystore.ts";
import { operatorRegistryAbi } from "../../../sdk/abis/operatorRegistry.ts";
import { operatorRegistryBytecode } from "../../../sdk/abis/bytecode/operatorRegistry.ts";
import { readRegistryParameters, verifyDeployment } from "../../../sdk/chain/index.ts";
import { parseDeployment } from "../../../sdk/core/index.ts";
import { anvilAccount, startAnvil } from "../../../scripts/local/anvil.ts";
import type { Anvil } from "../../../scripts/local/anvil.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** The key of anvil's account 0, in every anvil's start message. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/** A key derivation that takes a moment instead of seconds. */
const LIGHT = { scrypt: { N: 1_024 } };

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("deploying", () => {
  let anvil: Anvil;
  let client: DeployClient;
  let folder: string;

  beforeEach(async () => {
    anvil = await startAnvil();
    client = createWalletClient({ account: anvilAccount(0), transport: http(anvil.url), pollingInterval: 20 });
    folder = mkdtempSync(join(tmpdir(), "weir-deploy-"));
  });
  afterEach(async () => {
    await anvil.stop();
    rmSync(folder, { recursive: true });
  });

  const node = () => createTestClient({ mode: "anvil", transport: http(anvil.url) }).extend(publicActions);
  const transactionsSent = async () => node().getTransactionCount({ address: anvilAccount(0).address });

  describe("from a program", () => {
    it("makes everything that a deployment value states", async () => {
      const deployment = await deployWeir(client, { network: "here", feeBps: 30, testTokenDecimals: 6 });
      await verifyDeployment(client, deployment);
      expect(parseDeployment(JSON.parse(JSON.stringify(deployment)))).to.deep.equal(deployment);
      expect(deployment).to.include({ network: "here", chainId: anvil.chainId, feeBps: 30 });
      expect(deployment.token).to.deep.include({ symbol: "WTT", decimals: 6, permit: true, authorization: true });
      expect((await readRegistryParameters(client, { deployment })).disputeWindow).to.equal(604_800n);
      const again = await deployWeir(client, { token: deployment.token.address, disputeWindow: 86_400n });
      expect(again.token).to.deep.equal(deployment.token);
      expect(await transactionsSent()).to.equal(11);
    });

    it("resumes after a crash at any step, and makes no contract twice", async () => {
      for (const crashAt of [0, 1, 2, 3, 4, 5]) {
        const sentBefore = await transactionsSent();
        const path = join(folder, `crash-${crashAt}.json`);
        const journal = fileJournal(path);
        let writes = 0;
        const crashing: DeploymentJournal = {
          ...journal,
          write(step, entry) {
            journal.write(step, entry);
            if (writes++ === crashAt) throw new Error("power cut");
          },
        };
        const failure = await deployWeir(client, { journal: crashing }).catch((error: unknown) => error);
        expect(String(failure)).to.include("power cut");
        await verifyDeployment(client, await deployWeir(client, { journal: fileJournal(path) }));
        expect((await transactionsSent()) - sentBefore).to.equal(6);
      }
    });

    it("gives a creation up whose place another transaction took", async () => {
      const journal = memoryJournal();
      const creation = { abi: operatorRegistryAbi, bytecode: operatorRegistryBytecode, args: [86_400n] };
      const crashing = { ...journal, write: cutAfter(journal) };
      await deployContract(client, { step: "R", ...creation }, { journal: crashing }).catch(() => undefined);
      expect(journal.read("R")?.nonce).to.equal(0);
      await deployWeir(client);
      const { address } = await deployContract(client, { step: "R", ...creation }, { journal });
      expect(await node().getCode({ address })).to.have.length.greaterThan(1_000);
      expect(journal.read("R")?.nonce).to.equal(6);
    });

    it("refuses to resume with other arguments", async () => {
      const journal = memoryJournal();
      await deployWeir(client, { journal, disputeWindow: 86_400n });
      const failure = await deployWeir(client, { journal, disputeWindow: 86_401n }).catch((error: unknown) => error);
      expect(String(failure)).to.include("other arguments");
    });

    it("says which creation reverted", async () => {
      const failure = await deployWeir(client, { disputeWindow: 1n }).catch((error: unknown) => error);
      expect(String(failure)).to.include("reverted");
    });
  });

  describe("from the command line", function () {
    // Several processes of Node.js start one after the other.
    this.timeout(120_000);

    const flags = (): string[] => ["--network", "here", "--rpc", anvil.url, "--out", folder];
    const file = () => join(folder, "here/wtt.json");

    function start(args: readonly string[], environment: NodeJS.ProcessEnv = { WEIR_DEPLOYER_KEY: KEY }) {
      return spawn(process.execPath, [join(ROOT, "scripts/deploy.ts"), ...args], {
        env: { PATH: process.env["PATH"], ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
    }

    async function run(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Run> {
      const child = start(args, environment);
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      return new Promise((resolve) => {
        child.once("close", (status) => {
          resolve({ status, stdout, stderr });
        });
      });
    }

    it("explains itself", async () => {
      const { status, stdout } = await run(["--help"], {});
      expect(status).to.equal(0);
      expect(stdout).to.include("--network").and.include("WEIR_DEPLOYER_KEY");
    });

    it("writes the deployment, prints it, and only checks the next time", async () => {
      const fee = ["--fee-bps", "50"];
      const first = await run([...flags(), "--test-token", ...fee, "--json"]);
      expect(first.status, first.stderr).to.equal(0);
      const deployment = parseDeployment(JSON.parse(first.stdout));
      expect(readFileSync(file(), "utf8")).to.equal(first.stdout);
      expect(first.stdout + first.stderr).not.to.include(KEY.slice(2, 20));
      await verifyDeployment(client, deployment);
      expect(existsSync(file().replace(".json", ".pending.json"))).to.equal(false);

      const second = await run([...flags(), "--token", deployment.token.address, ...fee, "--json"]);
      expect(second).to.deep.include({ status: 0, stdout: first.stdout });
      expect(await transactionsSent()).to.equal(6);

      const otherFee = await run([...flags(), "--token", deployment.token.address]);
      expect(otherFee.status).to.equal(1);
      expect(otherFee.stderr).to.include("feeBps is 50, not 100");
    });

    it("is finished by a second run after a kill in the middle", async () => {
      await node().setAutomine(false);
      const child = start([...flags(), "--test-token"]);
      const pending = file().replace(".json", ".pending.json");
      while (!existsSync(pending) || (await node().getTxpoolStatus()).pending === 0) {
        if (child.exitCode !== null) throw new Error("the deployment ended by itself");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      child.kill("SIGKILL");
      await node().setAutomine(true);
      await node().mine({ blocks: 1 });
      const { status, stderr } = await run([...flags(), "--test-token"]);
      expect(status, stderr).to.equal(0);
      await verifyDeployment(client, parseDeployment(JSON.parse(readFileSync(file(), "utf8"))));
      expect(await transactionsSent()).to.equal(6);
    });

    it("sends type-0 transactions where they are wanted", async () => {
      const { status, stderr } = await run([...flags(), "--test-token", "--legacy", "--gas-price", "2000000000"]);
      expect(status, stderr).to.equal(0);
      for (const blockNumber of [1n, 2n, 3n]) {
        const { transactions } = await node().getBlock({ blockNumber, includeTransactions: true });
        expect(transactions.map(({ gasPrice, type }) => [type, gasPrice])).to.deep.equal([["legacy", 2_000_000_000n]]);
      }
    });

    it("takes the key from a keystore", async () => {
      const keystore = join(folder, "key.json");
      writeFileSync(
        keystore,
        encryptKeystoreJsonSync({ address: anvilAccount(0).address, privateKey: KEY }, "correct horse", LIGHT),
      );
      const args = [...flags(), "--test-token", "--keystore", keystore];
      const wrong = await run(args, { WEIR_KEYSTORE_PASSWORD: "battery" });
      expect(wrong.stderr).to.include("wrong keystore password");
      const { status, stderr } = await run(args, { WEIR_KEYSTORE_PASSWORD: "correct horse" });
      expect(status, stderr).to.equal(0);
    });

    it("ends with one line, not with a trace, when something is wrong", async () => {
      for (const [args, environment, words] of [
        [["--nonsense"], {}, "--nonsense"],
        [[...flags(), "--test-token"], {}, "WEIR_DEPLOYER_KEY"],
        [[...flags(), "--token", anvilAccount(1).address], { WEIR_DEPLOYER_KEY: KEY }, "wrong-contract"],
      ] as const) {
        const { status, stderr } = await run(args, environment);
        expect(status).to.equal(1);
        expect(stderr)
          .to.include(words)
          .and.not.match(/\n\s+at /);
      }
      expect(await transactionsSent()).to.equal(0);
    });
  });

  describe("the command line's flags", () => {
    const good = ["--network", "n", "--rpc", "http://127.0.0.1:1", "--test-token"];

    it("are read", () => {
      const more = ["--fee-bps", "5", "--lambda", "1000", "--legacy", "--gas-price", "7"];
      expect(parseDeployFlags([...good, ...more])).to.deep.include({
        network: "n",
        token: undefined,
        parameters: { feeBps: 5, lambda: 1_000n },
        transaction: { type: "legacy", gasPrice: 7n },
        json: false,
      });
      expect(parseDeployFlags(["--help"])).to.equal(undefined);
    });

    it("are refused if they are missing, unknown or contradictory", () => {
      const wrong: readonly (readonly string[])[] = [
        [],
        ["--network", "n", "--test-token"],
        ["--network", "n", "--rpc", "u"],
        [...good, "--nonsense"],
        [...good, "positional"],
        [...good, "--token", anvilAccount(1).address],
        [...good, "--fee-bps", "1e2"],
        [...good, "--fee-bps", "-1"],
        [...good, "--fee-bps", "1001"],
        [...good, "--min-self-stake", "1.5"],
        [...good, "--fee-collector", anvilAccount(1).address],
        [...good, "--gas-price", "1"],
        [...good, "--confirmations", "1.5"],
      ];
      for (const args of wrong) expect(() => parseDeployFlags(args), args.join(" ")).to.throw();
    });

    it("name a file inside the folder of deployments", () => {
      expect(deploymentPath("theta-365", "usdc.e", folder)).to.equal(join(folder, "theta-365/usdc.e.json"));
      for (const [network, name] of [
        ["..", "x"],
        ["n", "../x"],
        ["n", "/x"],
        ["n", ""],
        ["N", "x"],
      ] as const) {
        expect(() => deploymentPath(network, name, folder)).to.throw();
      }
    });
  });

  describe("a keystore", () => {
    it("derived by PBKDF2 is read, and one of another kind refused", () => {
      // The test vector of the Web3 Secret Storage definition.
      const crypto = {
        cipher: "aes-128-ctr",
        cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
        ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        kdf: "pbkdf2",
        kdfparams: {
          c: 262_144,
          dklen: 32,
          prf: "hmac-sha256",
          salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
      };
      const key: Hex = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
      expect(decryptKeystore(JSON.stringify({ version: 3, crypto }), "testpassword")).to.equal(key);
      expect(() => decryptKeystore(JSON.stringify({ version: 1, crypto }), "testpassword")).to.throw("version 3");
      const unknown = { version: 3, crypto: { ...crypto, kdf: "argon2" } };
      expect(() => decryptKeystore(JSON.stringify(unknown), "testpassword")).to.throw("argon2");
    });
  });
});

/** Writes down, and then fails as a crash would. */
function cutAfter(journal: DeploymentJournal): DeploymentJournal["write"] {
  return (step, entry) => {
    journal.write(step, entry);
    throw new Error("power cut");
  };
}
