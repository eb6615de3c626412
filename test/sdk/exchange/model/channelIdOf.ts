import { channelId } from "../../../../sdk/core/index.ts";
import type { Channel, Hex } from "../../../../sdk/core/index.ts";

const known = new WeakMap<Channel, Hex>();

/** The id of a channel, hashed once for each descriptor: the model asks for it all the time. */
export function channelIdOf(channel: Channel): Hex {
  let id = known.get(channel);
  if (id === undefined) known.set(channel, (id = channelId(channel)));
  return id;
}
