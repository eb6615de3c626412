import { carryOut, channelArgument, collectingSettings, waitOption } from "../collecting.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { assertKnown } from "./settle.ts";

/** `weir channels close` */
export const channelsClose: CommandSpec = {
  description:
    "Settles what the viewer's receipts are worth, then closes the channel: the rest of the deposit is the viewer's again at " +
    "once, and nothing can be served on the channel any more. Only the payee or its agent can. If the relay runs, it is told " +
    "to; if not, this command does it with the agent's key. It costs gas even if there is nothing to settle. To keep a payer " +
    "away, deny it as well: it can open another channel.",
  settings: collectingSettings,
  options: [waitOption],
  examples: [["weir channels close 0x…", "when a viewer is not coming back"]],
  async run(context) {
    const channel = channelArgument(context.args[0] ?? "");
    const [state] = await assertKnown(context, [channel]);
    if (state?.chain.closed === true)
      return { json: { channel, closed: true }, lines: ["the channel is closed already"] };
    return carryOut(context, [{ type: "close", channel }]);
  },
};
