import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { openAccount, readAccount } from "../../../sdk/chain/index.ts";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Deployment } from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";

describe("openAccount", function () {
  this.timeout(60_000);
  let local: LocalDeployment;

  before(async () => {
    local = await startLocalDeployment();
    for (const index of [1, 2]) await local.mint(local.wallet(index).account.address, 10_000n);
  });

  after(async () => {
    await local.stop();
  });

  /** The same deployment as a page would know it whose token takes no permits, or no authorizations either. */
  const without = (authorization: boolean): Deployment => ({
    ...local.deployment,
    token: { ...local.deployment.token, permit: false, authorization },
  });

  for (const [how, transactions, deploymentOf] of [
    ["in one transaction where the token takes permits", 1, () => local.deployment],
    ["in one transaction where it takes authorizations", 1, () => without(true)],
    ["with an approval before it elsewhere", 2, () => without(false)],
  ] as const) {
    it(`opens an account and tops it up, ${how}`, async () => {
      const deployment = deploymentOf();
      const wallet = local.wallet(1);
      const signer = privateKeySigner(generatePrivateKey());
      const nonce = async () => local.publicClient.getTransactionCount({ address: wallet.account.address });
      const before = await nonce();
      const { events } = await openAccount(wallet, { deployment, signer, amount: 700n });
      expect((await nonce()) - before).to.equal(transactions);
      expect(events.map(({ eventName }) => eventName)).to.deep.equal(["AccountOpened", "Deposited"]);
      await openAccount(wallet, { deployment, signer, amount: 300n });
      const { owner, balance } = await readAccount(local.publicClient, { deployment, signer: signer.address });
      expect({ owner, balance }).to.deep.equal({ owner: wallet.account.address, balance: 1_000n });
    });
  }

  it("refuses an account of another wallet before anything is signed", async () => {
    const { deployment } = local;
    const signer = privateKeySigner(generatePrivateKey());
    await openAccount(local.wallet(1), { deployment, signer, amount: 1n });
    const theirs = { deployment, signer, amount: 1n };
    expect(await errorCode(openAccount(local.wallet(2), theirs))).to.equal("wrong-signer");
  });
});
