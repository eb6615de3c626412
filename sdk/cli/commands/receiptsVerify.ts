import { domainSeparator, paymentChannelsDomain, setKeccak256 } from "../../core/index.ts";
import { loadFastKeccak256 } from "../../internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../internal/nativeSecp256k1.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { readDeploymentFile } from "../connect.ts";
import { namedChannels } from "../records/channelArgument.ts";
import { verifyReceipts } from "../records/verifyReceipts.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** `weir receipts verify` */
export const receiptsVerify: CommandSpec = {
  description:
    "Computes the running hash and the bytes of every receipt anew from its segments, checks that each continues from the one " +
    "before, and recovers its signer. Ends with 1 at the first that is wrong, and names it: then the database was damaged or " +
    "changed, and a backup is better. weir audit compares the receipts with the chain.",
  settings: ["chain.deployment", ...storeSettings],
  examples: [
    ["weir receipts verify", "after a crash of the disk, or before a restore"],
    ["weir receipts verify 0x… --json", "one channel, for a script"],
  ],
  async run(context) {
    const { args, output } = context;
    const deployment = readDeploymentFile(context);
    setKeccak256(await loadFastKeccak256());
    const { backend } = await loadFastSecp256k1();
    const env = { domain: domainSeparator(paymentChannelsDomain(deployment)), secp256k1: backend };
    return withRecords(context, async (records) => {
      let channels = 0;
      let receipts = 0;
      let gaps = 0;
      for await (const { state } of namedChannels(records, args)) {
        const found = await verifyReceipts(state, records.receipts(state.id), env);
        channels++;
        receipts += found.receipts;
        gaps += found.gaps;
        output.progress(`${channels} channels, ${receipts} receipts`);
        const { wrong } = found;
        if (wrong === undefined) continue;
        const which = wrong.receipt === 0 ? "the highest receipt" : `receipt ${wrong.receipt}`;
        return {
          ok: false,
          json: { ok: false, channels, receipts, gaps, wrong: { channel: state.id, ...wrong } },
          lines: [`${which} of channel ${state.id} is wrong: ${wrong.reason}`],
        };
      }
      const bridged = gaps === 0 ? "" : `; ${gaps} continue from receipts that viewers brought along`;
      return {
        json: { ok: true, channels, receipts, gaps },
        lines: [`${receipts} receipts of ${channels} channels are right${bridged}`],
      };
    });
  },
};
