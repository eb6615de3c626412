import { expect } from "chai";
import { parseEther, parseGwei } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { readAccount } from "../../../sdk/chain/index.ts";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Hex, SessionSigner } from "../../../sdk/core/index.ts";
import { encodeSignedDeposit } from "../../../sdk/http/index.ts";
import { eventually } from "../../helpers/eventually.ts";
import { newDepositor, signedDeposit } from "../../helpers/signedDeposit.ts";
import { openStage } from "../../helpers/stage.ts";
import type { Stage, StagedRelay } from "../../helpers/stage.ts";

const AMOUNT = parseEther("0.2");

describe("Deposits that a relay sends", function () {
  this.timeout(60_000);
  let stage: Stage;
  let ahead = 0;

  beforeEach(async () => {
    stage = await openStage();
    ahead = 0;
  });
  afterEach(async () => {
    await stage.stop();
  });

  const clock = (): number => Math.floor(Date.now() / 1_000) + ahead;

  /** Posts a new wallet's deposit. @returns the code of what is wrong, or the hash */
  const post = async (relay: StagedRelay, signer: SessionSigner): Promise<string> => {
    const owner = await newDepositor(stage.local, AMOUNT);
    const body = encodeSignedDeposit(await signedDeposit(stage.local, owner, signer, AMOUNT));
    const response = await fetch(`${relay.url}/weir/deposits`, { method: "POST", body });
    const { code, hash } = (await response.json()) as { readonly code?: string; readonly hash?: string };
    return code ?? hash ?? "";
  };

  const newSigner = (): SessionSigner => privateKeySigner(generatePrivateKey());
  const balanceOf = async (signer: SessionSigner): Promise<bigint> =>
    (await readAccount(stage.local.publicClient, { deployment: stage.local.deployment, signer: signer.address }))
      .balance;
  const arrives = async (signer: SessionSigner): Promise<void> => {
    await eventually("the deposit is made", async () => ((await balanceOf(signer)) === AMOUNT ? true : undefined));
  };

  it("cost no more gas within a day than the operator allows, over restarts, and can be sent again the next day", async () => {
    const costOf = async (hash: string): Promise<bigint> => {
      const { gas, maxFeePerGas = 0n } = await stage.local.publicClient.getTransaction({ hash: hash as Hex });
      return gas * maxFeePerGas;
    };
    const probe = await stage.startRelay({ deposits: { minAmount: 1n } });
    const probed = newSigner();
    const sent = await post(probe, probed);
    await arrives(probed);
    const gasPerDay = 2n * (await costOf(sent));
    await probe.stop();

    const deposits = { minAmount: 1n, gasPerDay };
    let relay = await stage.startRelay({ deposits, clock });
    let spent = 0n;
    for (;;) {
      const signer = newSigner();
      const answer = await post(relay, signer);
      if (answer === "too-many-requests") break;
      await arrives(signer);
      spent += await costOf(answer);
    }
    expect(spent > 0n && spent <= gasPerDay, `${spent} of ${gasPerDay}`).to.equal(true);
    await relay.stop();
    relay = await stage.startRelay({ deposits: { ...deposits, gasPerDay: spent }, clock, again: relay });
    expect(await post(relay, newSigner())).to.equal("too-many-requests");
    ahead = 86_400;
    const next = newSigner();
    expect(await post(relay, next)).to.match(/^0x/);
    await arrives(next);
  });

  it("are sent again for a higher fee when they are stuck, and made once", async () => {
    const { publicClient, testClient } = stage.local;
    const relay = await stage.startRelay({ deposits: { minAmount: 1n }, clock });
    const signer = newSigner();
    const owner = await newDepositor(stage.local, 2n * AMOUNT);
    const body = encodeSignedDeposit(await signedDeposit(stage.local, owner, signer, AMOUNT));
    await testClient.setAutomine(false);
    const answer = await fetch(`${relay.url}/weir/deposits`, { method: "POST", body });
    const { hash: first } = (await answer.json()) as { readonly hash: Hex };
    // Gas becomes so dear that no block takes it.
    const { maxFeePerGas = 0n } = await eventually("it is sent", async () =>
      publicClient.getTransaction({ hash: first }).catch(() => undefined),
    );
    await testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: maxFeePerGas + parseGwei("1") });
    await testClient.mine({ blocks: 1 });
    expect(await balanceOf(signer)).to.equal(0n);
    ahead = 121;
    await eventually("it is replaced", async () => {
      const { transactions } = await publicClient.getBlock({ blockTag: "pending" });
      return transactions.some((hash) => hash !== first) ? true : undefined;
    });
    await testClient.setAutomine(true);
    await testClient.mine({ blocks: 1 });
    await arrives(signer);
    expect(await publicClient.getTransactionCount({ address: relay.account.address })).to.equal(1);
    expect(await publicClient.getTransactionReceipt({ hash: first }).catch(() => undefined)).to.equal(undefined);
    const again = await fetch(`${relay.url}/weir/deposits`, { method: "POST", body });
    expect(((await again.json()) as { readonly code: string }).code).to.equal("deposit-refused");
    expect(await balanceOf(signer)).to.equal(AMOUNT);
  });
});
