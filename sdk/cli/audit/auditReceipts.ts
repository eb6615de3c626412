import {
  channelId,
  coveredBytes,
  domainSeparator,
  extendTotals,
  isSameAddress,
  owed,
  paymentChannelsDomain,
  receiptDigest,
  recoverSigner,
} from "../../core/index.ts";
import type {
  Address,
  Channel,
  Deployment,
  Hex,
  ReceiptStep,
  Secp256k1,
  SignedTotals,
  Totals,
} from "../../core/index.ts";
import { describeError } from "../describeError.ts";
import type { EscrowLedger, LedgerChannel } from "./escrowLedger.ts";
import type { Findings } from "./findings.ts";

/** The receipts of one channel, as a relay keeps them. */
export interface AuditedReceipts {
  readonly channel: Channel;
  /** The root before the first byte. */
  readonly seed: Hex;
  /** In the order of their totals. */
  readonly steps: AsyncIterable<ReceiptStep> | Iterable<ReceiptStep>;
  /** The highest one, if it is known without the steps. */
  readonly acknowledged?: SignedTotals | undefined;
}

/** What the receipts of one channel come to. Amounts are token base units. */
export interface ReceiptAudit {
  readonly id: Hex;
  readonly payee: Address;
  readonly receipts: number;
  /** Of the highest one. */
  readonly deliveredBytes: bigint;
  readonly owed: bigint;
  readonly settled: bigint;
  /** What a settlement would pay now. */
  readonly collectable: bigint;
  /** Bytes that receipts state and whose list is not here. */
  readonly unlisted: bigint;
  /** The difference between what is owed and what was settled, in words. */
  readonly explanation: string;
}

/** What is needed to check receipts. */
export interface ReceiptAuditOptions {
  readonly deployment: Deployment;
  readonly escrow: EscrowLedger;
  readonly secp256k1: Secp256k1;
  /** Whether the books begin with the deployment, so that they know every settlement. */
  readonly isWhole: boolean;
  /** What the chain says about a channel that the books do not know, because nothing happened to it in their blocks. */
  readonly readChannel: (channel: Channel) => Promise<LedgerChannel | undefined>;
  readonly onProgress: (channels: number) => void;
}

/**
 * Recomputes every receipt of a relay from its entries, checks every signature, and compares the highest with what the
 * chain settled.
 */
export async function auditReceipts(
  source: AsyncIterable<AuditedReceipts> | Iterable<AuditedReceipts>,
  options: ReceiptAuditOptions,
  findings: Findings,
): Promise<ReceiptAudit[]> {
  const { escrow, isWhole, onProgress } = options;
  const audits: ReceiptAudit[] = [];
  const seen = new Set<Hex>();
  const payees = new Set<string>();
  for await (const receipts of source) {
    const audit = await auditOne(receipts, options, findings);
    if (seen.has(audit.id)) findings.add("the receipts list a channel twice", { channel: audit.id });
    seen.add(audit.id);
    payees.add(audit.payee.toLowerCase());
    audits.push(audit);
    onProgress(audits.length);
  }
  if (!isWhole) return audits;
  for (const [
    channel,
    {
      channel: { payee },
      settlements,
    },
  ] of escrow.channels) {
    if (settlements.length === 0 || seen.has(channel) || !payees.has(payee.toLowerCase())) continue;
    findings.add(`a channel of ${payee} was settled, and there is no receipt of it`, { channel });
  }
  return audits;
}

async function auditOne(
  { acknowledged, channel, seed, steps }: AuditedReceipts,
  { deployment, escrow, isWhole, readChannel, secp256k1 }: ReceiptAuditOptions,
  findings: Findings,
): Promise<ReceiptAudit> {
  const id = channelId(channel);
  const place = { channel: id };
  const domain = domainSeparator(paymentChannelsDomain(deployment));
  const { gracePeriod, nonce, payee, pricePerGiB, signer } = channel;
  const totals = new Set<bigint>();
  let last: Totals = { deliveredBytes: 0n, segmentsRoot: seed };
  let count = 0;
  // A relay that lost some takes over the payer's highest receipt, without its list.
  let unlisted = 0n;

  const checkSignature = (name: string, { deliveredBytes, segmentsRoot, signature }: SignedTotals): void => {
    const digest = receiptDigest(domain, { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot });
    try {
      const found = recoverSigner(digest, signature, secp256k1);
      if (!isSameAddress(found, signer)) findings.add(`${name}, is signed by ${found}, not by ${signer}`, place);
    } catch (error) {
      findings.add(`${name}, has no signature: ${describeError(error).message}`, place);
    }
  };
  const noteGap = (next: Totals): void => {
    if (next.deliveredBytes <= last.deliveredBytes) findings.add("two receipts continue from the same one", place);
    else unlisted += next.deliveredBytes - last.deliveredBytes;
    totals.add(next.deliveredBytes);
  };

  for await (const { entries, prev, receipt } of steps) {
    count += 1;
    const { deliveredBytes, segmentsRoot } = receipt;
    const name = `receipt ${count}, over ${deliveredBytes} bytes`;
    if (!isSame(prev, last)) noteGap(prev);
    let computed = prev;
    for (const entry of entries) computed = extendTotals(computed, entry);
    findings.expectSame(`bytes of ${name}`, computed.deliveredBytes, deliveredBytes, place);
    const root = computed.segmentsRoot.toLowerCase();
    findings.expectSame(`segmentsRoot of ${name}`, root, segmentsRoot.toLowerCase(), place);
    checkSignature(name, receipt);
    if (deliveredBytes <= last.deliveredBytes) findings.add(`${name}, is not above the one before`, place);
    totals.add(deliveredBytes);
    last = { deliveredBytes, segmentsRoot };
  }
  if (acknowledged !== undefined && acknowledged.deliveredBytes > last.deliveredBytes) {
    checkSignature(`the highest receipt, over ${acknowledged.deliveredBytes} bytes`, acknowledged);
    noteGap(acknowledged);
    last = acknowledged;
  }

  const state = escrow.channels.get(id) ?? (isWhole ? undefined : await readChannel(channel));
  if (state !== undefined) compareSettlements(id, state, last.deliveredBytes, totals, findings);
  const due = owed(last.deliveredBytes, pricePerGiB);
  const settled = owed(state?.settledBytes ?? 0n, pricePerGiB);
  const collectable = state === undefined ? 0n : collectableOf(state, due, settled);
  return {
    ...{ id, payee, receipts: count, deliveredBytes: last.deliveredBytes, owed: due, settled, collectable },
    unlisted,
    explanation: explain(state, due, settled, collectable),
  };
}

/** What a settlement would pay now. */
function collectableOf(state: LedgerChannel, due: bigint, settled: bigint): bigint {
  if (state.closed) return 0n;
  const { channel, deposit } = state;
  // As much as the deposit pays for, in whole bytes.
  const payable = due <= deposit ? due : owed(coveredBytes(deposit, channel.pricePerGiB), channel.pricePerGiB);
  return payable > settled ? payable - settled : 0n;
}

/** Every settlement must be of a receipt that is here, or of as much of one as the deposit paid for. */
function compareSettlements(
  channel: Hex,
  { channel: { pricePerGiB }, settlements }: LedgerChannel,
  highest: bigint,
  totals: ReadonlySet<bigint>,
  findings: Findings,
): void {
  for (const { bytes, deposit, transaction } of settlements) {
    if (totals.has(bytes)) continue;
    const place = { channel, transaction };
    if (bytes > highest) {
      findings.add(
        `settled up to ${bytes} bytes, and the highest receipt here states ${highest}: receipts are missing`,
        place,
      );
    } else if (bytes !== coveredBytes(deposit, pricePerGiB)) {
      findings.add(`settled up to ${bytes} bytes, which no receipt here states and no deposit limits`, place);
    }
  }
}

function explain(state: LedgerChannel | undefined, due: bigint, settled: bigint, collectable: bigint): string {
  if (due === settled) return "everything that was receipted is settled";
  if (due < settled) return "the chain settled more than the receipts here state";
  if (state === undefined) return "never funded on the chain: receipts that nothing pays for yet";
  if (state.closed) return "closed before everything was settled: the rest is lost";
  if (collectable === due - settled) return "receipted, funded and not settled yet";
  if (collectable > 0n) return "a part is funded and not settled yet, the rest waits for funding";
  return "waits for funding: the deposit is spent";
}

function isSame(a: Totals, b: Totals): boolean {
  return a.deliveredBytes === b.deliveredBytes && a.segmentsRoot.toLowerCase() === b.segmentsRoot.toLowerCase();
}
