import { recoverTypedDataAddress } from "viem";
import { paperDeployment, payee } from "../../test/helpers/relayFixture.ts";
import { openReceiptDesk } from "./receiptDesk.ts";
import type { ReceiptDesk } from "./receiptDesk.ts";
import { createBenchViewer, nextReceipt } from "./receiptLoad.ts";
import type { SignedReceipt } from "./receiptLoad.ts";

/** How long one arm took over all receipts of a round. */
export interface Pace {
  readonly perSecond: number;
  /** Microseconds of processor time for a receipt, all threads of the process together. */
  readonly cpu: number;
}

/** What was measured, in order. */
export interface ReceiptsMeasurement {
  /** Decoded, verified, accounted for and on disk: one pace a round. */
  readonly accepted: readonly Pace[];
  /** viem's `recoverTypedDataAddress` on the same messages: one pace a round. */
  readonly recovered: readonly Pace[];
  /** Whether compiled code recovered the signers. */
  readonly native: boolean;
}

/** Channels, each of which posts one receipt a round, all at once: while one group is written, the next are decoded. */
export const CHANNELS = 1_000;
export const ROUNDS = 60;
/** Receipts of a round that viem takes: it is about as long at them as the relay is at all. */
export const RECOVERED = 60;
/** Rounds before the measured ones, until the compiler has settled. */
const WARM_UP = 5;

/** Measures both in turn on the same receipts. */
export async function measureReceipts(): Promise<ReceiptsMeasurement> {
  const desk = await openReceiptDesk(paperDeployment);
  try {
    const viewers = Array.from({ length: CHANNELS }, () => createBenchViewer(payee, desk.secp256k1));
    const tokens: string[] = [];
    for (const viewer of viewers) tokens.push(await desk.open(viewer));

    const accepted: Pace[] = [];
    const recovered: Pace[] = [];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const receipts = await Promise.all(
        viewers.map(async (viewer, i) => nextReceipt(viewer, paperDeployment, tokens[i] ?? "")),
      );
      const accepting = await paceOf(CHANNELS, async () => acceptAll(desk, receipts));
      if (round >= 0) accepted.push(accepting);
      // The relay's stretch ran a thousand times through its code; viem gets a start as well.
      await recoverAll(receipts.slice(RECOVERED, 2 * RECOVERED));
      const recovering = await paceOf(RECOVERED, async () => recoverAll(receipts.slice(0, RECOVERED)));
      if (round >= 0) recovered.push(recovering);
    }

    const stored = await desk.stored(viewers);
    if (stored.some((bytes, i) => bytes !== viewers[i]?.totals.deliveredBytes)) {
      throw new Error("the database does not hold every receipt that was acknowledged");
    }
    return { accepted, recovered, native: desk.native };
  } finally {
    await desk.stop();
  }
}

async function paceOf(receipts: number, work: () => Promise<void>): Promise<Pace> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: receipts / seconds, cpu: (user + system) / receipts };
}

async function acceptAll(desk: ReceiptDesk, receipts: readonly SignedReceipt[]): Promise<void> {
  await Promise.all(
    receipts.map(async ({ body, deliveredBytes }) => {
      const answer = await desk.accept(body);
      if (answer.deliveredBytes !== deliveredBytes) throw new Error("a receipt was not accepted");
    }),
  );
}

async function recoverAll(receipts: readonly SignedReceipt[]): Promise<void> {
  for (const { typedData, signer } of receipts) {
    const address = await recoverTypedDataAddress(typedData);
    if (address.toLowerCase() !== signer) throw new Error("viem recovered another signer");
  }
}
