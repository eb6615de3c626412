import { createPublicClient, createTestClient, createWalletClient, http } from "viem";
import type { Address, HttpTransport, LocalAccount, PublicClient, TestClient, Transport, WalletClient } from "viem";
import { waitForTransactionReceipt, writeContract } from "viem/actions";
import { deployWeir } from "../deploy/deployWeir.ts";
import type { DeployWeirOptions } from "../deploy/deployWeir.ts";
import { weirTestTokenAbi } from "../../sdk/abis/weirTestToken.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import { anvilAccount, startAnvil } from "./anvil.ts";
import type { Anvil, AnvilOptions } from "./anvil.ts";

/** A wallet client without a chain of its own: the deployment names it. */
export type LocalWallet = WalletClient<HttpTransport, undefined, LocalAccount>;

/** A node with Weir on it, deployed by account 0. */
export interface LocalDeployment {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly publicClient: PublicClient;
  /** Time travel, snapshots, mining on demand. */
  readonly testClient: TestClient<"anvil", Transport, undefined>;
  /** A client of an account; a number is one of anvil's funded ones. */
  wallet(account: number | LocalAccount): LocalWallet;
  /** Makes test tokens for a wallet, in base units. */
  mint(to: Address, amount: bigint): Promise<void>;
  /** Sets the clock forward and mines a block. */
  sleep(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Anvil mines at once; viem's own interval is made for blocks that take seconds. */
const POLLING_INTERVAL_MS = 20;

/** Starts a node and deploys Weir with a test token. Call `stop` when done. */
export async function startLocalDeployment(
  options: DeployWeirOptions & { readonly anvil?: AnvilOptions } = {},
): Promise<LocalDeployment> {
  const anvil = await startAnvil(options.anvil);
  const settings = { transport: http(anvil.url), pollingInterval: POLLING_INTERVAL_MS };
  const wallet = (account: number | LocalAccount): LocalWallet =>
    createWalletClient({ ...settings, account: typeof account === "number" ? anvilAccount(account) : account });
  const testClient = createTestClient({ ...settings, mode: "anvil" });
  try {
    const deployment = await deployWeir(wallet(0), options);
    return {
      anvil,
      deployment,
      publicClient: createPublicClient(settings),
      testClient,
      wallet,
      async mint(to, amount) {
        const deployer = wallet(0);
        const hash = await writeContract(deployer, {
          address: deployment.token.address,
          abi: weirTestTokenAbi,
          functionName: "mint",
          args: [to, amount],
          chain: null,
        });
        await waitForTransactionReceipt(deployer, { hash });
      },
      async sleep(seconds) {
        await testClient.increaseTime({ seconds });
        await testClient.mine({ blocks: 1 });
      },
      stop: async () => anvil.stop(),
    };
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}
