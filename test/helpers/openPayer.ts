import { randomBytes } from "node:crypto";
import { generatePrivateKey } from "viem/accounts";
import { approveSync, depositSync, fundSync, signSession } from "../../sdk/chain/index.ts";
import { paymentChannelsDomain, privateKeySigner, receiptDigest, toSettleRow } from "../../sdk/core/index.ts";
import type { Address, Channel, Hex, SegmentReceipt, SessionSigner, SettleRow } from "../../sdk/core/index.ts";
import type { LocalDeployment, LocalWallet } from "../../scripts/local/localDeployment.ts";

/** A payer with a fresh session key, whose account is open and holds money. */
export interface Payer {
  readonly owner: LocalWallet;
  readonly signer: SessionSigner;
  /** The session key as a raw key, for whoever sends transactions with it. */
  readonly privateKey: Hex;
  /** A new channel with a random nonce, not funded. */
  channel(payee: Address, terms?: Partial<Channel>): Channel;
  /** A new channel whose deposit is `total`. */
  fundedChannel(payee: Address, total: bigint, terms?: Partial<Channel>): Promise<Channel>;
  /** A signed receipt for so many bytes, ready to settle. */
  row(channel: Channel, deliveredBytes: bigint): Promise<SettleRow>;
}

/** One token base unit a byte, so that amounts in tests are byte counts. */
export const UNIT_PRICE = 1n << 30n;

/** Opens an account for a fresh session key, owned by one of anvil's accounts, with `amount` test tokens in it. */
export async function openPayer(local: LocalDeployment, amount: bigint, owner = local.wallet(1)): Promise<Payer> {
  const { deployment } = local;
  const privateKey = generatePrivateKey();
  const signer = privateKeySigner(privateKey);
  const wallet = owner.account.address;
  await local.mint(wallet, amount);
  await approveSync(owner, { deployment, amount });
  const session = await signSession(signer, { deployment, owner: wallet });
  await depositSync(owner, { deployment, signer: signer.address, owner: wallet, amount, session });

  const channel = (payee: Address, terms: Partial<Channel> = {}): Channel => ({
    signer: signer.address,
    payee,
    pricePerGiB: UNIT_PRICE,
    gracePeriod: 3_600,
    nonce: randomBytes(8).readBigUInt64BE(),
    ...terms,
  });
  return {
    owner,
    signer,
    privateKey,
    channel,
    async fundedChannel(payee, total, terms) {
      const opened = channel(payee, terms);
      await fundSync(owner, { deployment, channel: opened, total });
      return opened;
    },
    async row({ gracePeriod, nonce, payee, pricePerGiB }, deliveredBytes) {
      const segmentsRoot: Hex = `0x${randomBytes(32).toString("hex")}`;
      const receipt: SegmentReceipt = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
      const digest = receiptDigest(paymentChannelsDomain(deployment), receipt);
      return toSettleRow(receipt, await signer.signDigest(digest));
    },
  };
}
