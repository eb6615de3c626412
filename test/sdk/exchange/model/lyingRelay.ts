import { bytesToHex } from "../../../../sdk/core/index.ts";
import type {
  Acknowledged,
  Address,
  Channel,
  Hex,
  SignedFund,
  SignedTotals,
  WeirErrorCode,
} from "../../../../sdk/core/index.ts";
import { resources } from "./ground.ts";
import { channelIdOf } from "./channelIdOf.ts";
import type { Ground } from "./ground.ts";
import type { Message, Response } from "./wire.ts";

/** What a viewer gave away: usable against it for ever. */
interface Loot {
  readonly channel: Channel;
  readonly receipts: SignedTotals[];
  readonly funds: SignedFund[];
}

const CODES: readonly WeirErrorCode[] = [
  ...(["receipt-stale", "token-expired", "fund-expired", "account-empty", "over-deposit", "storage-failed"] as const),
  ...([
    "receipt-inconsistent",
    "too-many-requests",
    "channel-closed",
    "credit-exhausted",
    "deposit-exhausted",
  ] as const),
];

/** A relay that says and sends whatever might make a viewer pay too much, and settles everything it can get. */
export class LyingRelay {
  readonly ground: Ground;
  readonly index: number;
  readonly payee: Address;
  readonly #loot = new Map<Hex, Loot>();

  constructor(ground: Ground, index: number) {
    this.ground = ground;
    this.index = index;
    this.payee = `0x${"ee".repeat(19)}${(0x10 + index).toString(16)}`;
  }

  /** @param whim decides how it lies this time */
  receive({ content, viewer, request, relay }: Extract<Message, { to: "relay" }>, whim: number): void {
    const { channel } = content;
    const id = channelIdOf(channel);
    const loot = this.#loot.get(id) ?? { channel, receipts: [], funds: [] };
    this.#loot.set(id, loot);
    let response: Response;
    switch (content.type) {
      case "open":
        if (content.receipt) loot.receipts.push(content.receipt);
        if (content.fund) loot.funds.push(content.fund);
        response = whim % 7 === 0 ? this.#refusal(loot, whim) : this.#opened(loot, content.seed, whim);
        break;
      case "get":
        response = this.#body(content.resource, whim);
        break;
      case "post":
        if (content.step) loot.receipts.push(content.step.receipt);
        if (content.fund) loot.funds.push(content.fund);
        response =
          whim % 3 === 0
            ? this.#refusal(loot, whim)
            : { type: "posted", statement: this.#statement(loot, content.step?.receipt, whim) };
    }
    this.ground.network.send({ to: "viewer", relay, viewer, request, content: response });
  }

  #opened(loot: Loot, seed: Hex, whim: number): Response {
    const empty: Acknowledged = { deliveredBytes: 0n, segmentsRoot: seed };
    return { type: "opened", session: `lie-${this.ground.serial()}`, statement: this.#statement(loot, empty, whim) };
  }

  #refusal(loot: Loot, whim: number): Response {
    const code = CODES[(whim >> 3) % CODES.length]!;
    const claim = this.#claim(loot, undefined, whim);
    return { type: "refused", code, ...(claim && { acknowledged: claim }) };
  }

  #statement(loot: Loot, truth: Acknowledged | undefined, whim: number) {
    const huge = 1n << 60n;
    const acknowledged = this.#claim(loot, truth, whim) ?? { deliveredBytes: 0n, segmentsRoot: this.ground.seed() };
    return { acknowledged, covered: whim % 2 === 0 ? huge : 0n, credit: whim % 5 === 0 ? 0n : huge };
  }

  #claim(loot: Loot, truth: Acknowledged | undefined, whim: number): Acknowledged | undefined {
    const latest = loot.receipts.at(-1);
    const someReceipt = loot.receipts[whim % Math.max(1, loot.receipts.length)];
    const foreign = [...this.#loot.values()].flatMap(({ receipts }) => receipts)[whim % 97];
    switch ((whim >> 2) % 8) {
      case 0:
      case 1:
      case 2:
        return truth ?? latest;
      case 3:
        return someReceipt;
      case 4:
        return foreign;
      case 5:
        return latest && { ...latest, deliveredBytes: latest.deliveredBytes + 40n };
      case 6:
        return { deliveredBytes: 5_000n, segmentsRoot: this.ground.seed() };
      default:
        return (
          latest && {
            deliveredBytes: latest.deliveredBytes + 1n,
            segmentsRoot: this.ground.seed(),
            signature: flip(latest.signature),
          }
        );
    }
  }

  #body(resource: number, whim: number): Response {
    const { bytes } = resources[resource]!;
    switch (whim % 10) {
      case 0:
        return { type: "body", bytes: bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)), whole: true };
      case 1:
        return { type: "body", bytes: bytes.subarray(1), whole: true };
      case 2:
        return { type: "body", bytes: resources[(resource + 1) % resources.length]!.bytes, whole: true };
      case 3:
        return { type: "body", bytes: bytes.subarray(0, 5), whole: false };
      case 4:
        return { type: "refused", code: CODES[(whim >> 4) % CODES.length]! };
      default:
        return { type: "body", bytes, whole: true };
    }
  }

  /** Posts every funding and settles every receipt that it ever got, the old ones too. */
  collect(): void {
    for (const { channel, receipts, funds } of this.#loot.values()) {
      const transaction = {
        payee: this.payee,
        fund: funds.map((fund) => ({ channel, fund })),
        settle: receipts.map((receipt) => ({ channel, receipt })),
        close: [],
      };
      if (funds.length + receipts.length > 0) this.ground.chain.execute(transaction, this.ground.now);
    }
  }
}

function flip(signature: Hex): Hex {
  const bytes = Uint8Array.from(Buffer.from(signature.slice(2), "hex"));
  bytes[32] = bytes[32]! ^ 0x80;
  return bytesToHex(bytes);
}
