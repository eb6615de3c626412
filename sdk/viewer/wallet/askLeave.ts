import type { ReadClient } from "../../chain/clients.ts";
import { readAgent } from "../../chain/operatorRegistry/readAgent.ts";
import { signClose } from "../../chain/paymentChannels/signClose.ts";
import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { isSameAddress } from "../../core/hex.ts";
import type { Hex } from "../../core/hex.ts";
import { receiptDigest, toSettleRow } from "../../core/receipt.ts";
import { recoverSigner } from "../../core/signature.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { hashMessage } from "../../core/typedData.ts";
import { WeirError } from "../../core/weirError.ts";
import { verifiedTotals } from "../../exchange/index.ts";
import { encodeClosingPost, parseClosingAnswer } from "../../http/index.ts";
import type { StoredBook } from "../channelBook.ts";
import type { Fetch } from "../relayWire.ts";
import { askRelay, readOffers } from "./askRelay.ts";
import { payableBytes } from "./closePlan.ts";
import type { ClosingLeave } from "./closePlan.ts";
import type { SessionMoney } from "./sessionMoney.ts";

/** Options of `askLeaves`. */
export interface AskLeavesOptions {
  readonly deployment: Deployment;
  readonly signer: SessionSigner;
  readonly client: ReadClient;
  readonly fetch: Fetch;
  /** Hears for which channels relays cannot be asked, or refuse. */
  readonly onRefusal: (channel: Hex, error: WeirError) => void;
}

type Page = StoredBook["pages"][number];

/**
 * Asks relays for their leave to close the channels of a session at once. What they answer is checked: a false signature
 * would fail the whole transaction.
 */
export async function askLeaves(
  { pages }: StoredBook,
  { closed, open }: SessionMoney,
  options: AskLeavesOptions,
): Promise<Map<Hex, ClosingLeave>> {
  const leaves = new Map<Hex, ClosingLeave>();
  const matters = ({ state }: Page): boolean =>
    !closed.includes(state.id) && (open.some(({ id }) => id === state.id) || state.fund !== undefined);
  await Promise.all(
    pages.filter(matters).map(async (page) => {
      try {
        const { deposit = 0n } = open.find(({ id }) => id === page.state.id) ?? {};
        leaves.set(page.state.id, await askLeave(page, payableBytes(page.state, deposit), options));
      } catch (error) {
        if (!WeirError.is(error)) throw error;
        options.onRefusal(page.state.id, error);
      }
    }),
  );
  return leaves;
}

async function askLeave(
  { origin, state }: Page,
  minSettledBytes: bigint,
  options: AskLeavesOptions,
): Promise<ClosingLeave> {
  const { deployment, fetch, signer } = options;
  const { channel } = state;
  const { closings } = await readOffers(fetch, origin, deployment);
  if (closings === undefined) throw new WeirError("not-found", "the relay closes channels by itself alone");
  const asked = {
    channel,
    minSettledBytes,
    signature: await signClose(signer, { deployment, channel, minSettledBytes }),
  };
  const { signature } = await askRelay(fetch, origin + closings, encodeClosingPost(asked), parseClosingAnswer);
  await assertPayees(state, minSettledBytes, signature, options);
  const totals = verifiedTotals(state);
  if (totals.deliveredBytes === 0n) return { signature, row: undefined };
  const { gracePeriod, nonce, payee, pricePerGiB } = channel;
  const receipt = { payee, pricePerGiB, gracePeriod, nonce, ...totals };
  const digest = receiptDigest(paymentChannelsDomain(deployment), receipt);
  return { signature, row: toSettleRow(receipt, await signer.signDigest(digest)) };
}

/** @throws WeirError `wrong-signer` unless the payee or its agent signed, by the chain's word */
async function assertPayees(
  { channel, id }: Page["state"],
  minSettledBytes: bigint,
  signature: Hex,
  { client, deployment }: AskLeavesOptions,
): Promise<void> {
  const message = { channelId: id, minSettledBytes };
  const signed = recoverSigner(hashMessage(paymentChannelsDomain(deployment), "Close", message), signature);
  if (isSameAddress(signed, channel.payee)) return;
  const agent = await readAgent(client, { deployment, operator: channel.payee });
  if (!isSameAddress(signed, agent)) throw new WeirError("wrong-signer", "the leave to close is not the relay's");
}
