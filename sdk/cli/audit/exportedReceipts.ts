import * as v from "valibot";
import { channelId, isHex, isSameAddress } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import type { AuditedReceipts } from "./auditReceipts.ts";

const address = v.custom<Address>((input) => isHex(input, 20));
const hash = v.custom<Hex>((input) => isHex(input, 32));
const signature = v.custom<Hex>((input) => isHex(input, 64));
const amount = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,29}$/),
  v.transform((text) => BigInt(text)),
);
const totals = { deliveredBytes: amount, segmentsRoot: hash };

/** The JSON that `weir receipts export --format json` writes. Members that it does not need are passed over. */
const fileSchema = v.object({
  chainId: v.number(),
  paymentChannels: v.object({ address }),
  channels: v.array(
    v.object({
      id: hash,
      channel: v.object({
        signer: address,
        payee: address,
        pricePerGiB: amount,
        gracePeriod: v.number(),
        nonce: amount,
      }),
      seed: hash,
      acknowledged: v.object({ ...totals, signature: v.optional(signature) }),
      receipts: v.array(
        v.object({
          prev: v.object(totals),
          entries: v.array(v.object({ resource: hash, contentHash: hash, size: amount })),
          receipt: v.object({ ...totals, signature }),
        }),
      ),
    }),
  ),
});

/**
 * The receipts in an export.
 *
 * @throws CliError `usage` if the text is no export, `configuration` if it is one of another deployment
 */
export function exportedReceipts(text: string, deployment: Deployment): AuditedReceipts[] {
  const { issues, output, success } = v.safeParse(fileSchema, parsed(text));
  if (!success) {
    const place = (issues[0].path ?? []).map(({ key }) => String(key)).join(".");
    const cure = "Take one that weir receipts export --format json wrote, or the relay's SQLite file.";
    throw new CliError("usage", `this is no export of receipts${place === "" ? "" : `: ${place} is wrong`}`, cure);
  }
  const { chainId, channels, paymentChannels } = output;
  if (chainId !== deployment.chainId || !isSameAddress(paymentChannels.address, deployment.paymentChannels.address)) {
    const found = `${paymentChannels.address} on chain ${chainId}`;
    throw new CliError("configuration", `the receipts are for ${found}`, "Name that deployment with --deployment.");
  }
  return channels.map(({ acknowledged, channel, id, receipts, seed }) => {
    if (channelId(channel) !== id.toLowerCase()) {
      throw new CliError("usage", `the export names the channel ${id}, whose terms are others`, "Export it again.");
    }
    const { signature: signed } = acknowledged;
    return {
      channel,
      seed,
      steps: receipts,
      ...(signed !== undefined && { acknowledged: { ...acknowledged, signature: signed } }),
    };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What it is instead does not matter: it is no export.
    return undefined;
  }
}
