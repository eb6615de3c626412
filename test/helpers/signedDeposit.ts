import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import { signAuthorization, signSession } from "../../sdk/chain/index.ts";
import type { SessionSigner } from "../../sdk/core/index.ts";
import type { SignedDeposit } from "../../sdk/http/index.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";

/** A wallet with so many tokens and no gas. */
export async function newDepositor(local: LocalDeployment, amount: bigint): Promise<PrivateKeyAccount> {
  const owner = privateKeyToAccount(generatePrivateKey());
  await local.mint(owner.address, amount);
  return owner;
}

/** A deposit into a session key's account that its wallet signed, good for an hour. */
export async function signedDeposit(
  local: LocalDeployment,
  owner: PrivateKeyAccount,
  signer: SessionSigner,
  amount: bigint,
): Promise<SignedDeposit> {
  const { deployment } = local;
  const salt = generatePrivateKey();
  const terms = { deployment, signer: signer.address, owner: owner.address, amount, salt };
  const { timestamp } = await local.publicClient.getBlock();
  return {
    ...{ signer: signer.address, owner: owner.address, amount },
    session: await signSession(signer, { deployment, owner: owner.address }),
    authorization: await signAuthorization(local.wallet(owner), { ...terms, validBefore: timestamp + 3_600n }),
  };
}
