import { stringify } from "csv-stringify/sync";
import type { Deployment, Hex, ReceiptStep } from "../../core/index.ts";
import type { ChannelRecord } from "../../relay/index.ts";
import { tokensOf } from "../connect.ts";
import { receiptFacts } from "./receiptFacts.ts";

/** What writing receipts out takes beside the channels. */
export interface ExportContext {
  readonly deployment: Deployment;
  readonly receiptsOf: (channel: Hex) => AsyncIterable<ReceiptStep>;
  /** Called for each that was written. */
  readonly onReceipt: () => void;
}

const COLUMNS = [
  ...["channel", "signer", "payee", "price_per_gib_base_units", "price_per_gib", "receipt", "segments"],
  ...["prev_bytes", "bytes", "delivered_bytes", "value_base_units", "value", "token"],
  ...["prev_root", "segments_root", "signature"],
];

/** Receipts as CSV (RFC 4180), a row each under one row of names, part by part. */
export async function* exportCsv(
  channels: AsyncIterable<ChannelRecord>,
  { deployment, onReceipt, receiptsOf }: ExportContext,
): AsyncGenerator<string, undefined> {
  const format = { record_delimiter: "windows" } as const;
  yield stringify([COLUMNS], format);
  for await (const { state } of channels) {
    const { channel, id } = state;
    let number = 0;
    for await (const step of receiptsOf(id)) {
      const facts = receiptFacts(state, ++number, step, deployment);
      const price = [String(channel.pricePerGiB), tokensOf(channel.pricePerGiB, deployment)];
      const row = [
        ...[id, channel.signer, channel.payee, ...price, number, facts.segments],
        ...[facts.prevBytes, facts.bytes, facts.deliveredBytes, facts.baseUnits, facts.value, deployment.token.symbol],
        ...[step.prev.segmentsRoot, step.receipt.segmentsRoot, step.receipt.signature],
      ];
      onReceipt();
      yield stringify([row], format);
    }
  }
}

/** Receipts as one JSON document with all that it takes to check them, part by part; a receipt a line. */
export async function* exportJson(
  channels: AsyncIterable<ChannelRecord>,
  { deployment, onReceipt, receiptsOf }: ExportContext,
): AsyncGenerator<string, undefined> {
  const { chainId, paymentChannels, token } = deployment;
  yield `{"chainId":${chainId},"paymentChannels":${asJson(paymentChannels)},"token":${asJson(token)},"channels":[`;
  let isFirstChannel = true;
  for await (const { state } of channels) {
    const { acknowledged, channel, id, seed } = state;
    yield `${isFirstChannel ? "" : ","}\n{"id":${asJson(id)},"channel":${asJson(channel)},"seed":${asJson(seed)},`;
    yield `"acknowledged":${asJson(acknowledged)},"receipts":[`;
    isFirstChannel = false;
    let isFirst = true;
    for await (const step of receiptsOf(id)) {
      onReceipt();
      yield `${isFirst ? "" : ","}\n${asJson(step)}`;
      isFirst = false;
    }
    yield "]}";
  }
  yield "\n]}\n";
}

/** Amounts and bytes are decimal text: they do not fit a JSON number. */
function asJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === "bigint" ? String(member) : member));
}
