import { owed } from "../../../../sdk/core/index.ts";
import { HONEST_RELAYS } from "./world.ts";
import type { World } from "./world.ts";

/** Lets everything that is under way arrive and every relay do its work, until nothing moves any more. */
export function calm(world: World): void {
  for (let round = 0; round < 40; round++) {
    const { network } = world.ground;
    while (network.size > 0) world.run({ type: "deliver many", count: network.size, whim: 12 });
    for (let relay = 0; relay < HONEST_RELAYS; relay++) {
      while (world.honestRelays[relay]!.running > 0) world.run({ type: "send body", relay, position: 0, part: 255 });
      world.run({ type: "observe", relay });
      world.run({ type: "collect", relay });
      world.run({ type: "mine", relay });
      world.run({ type: "observe", relay });
    }
    world.run({ type: "wait", seconds: 2 });
    if (network.size === 0 && !world.honestViewers.some(({ isWaiting }) => isWaiting)) return;
  }
  throw new Error("the world does not come to rest");
}

/**
 * After any history, and a day in which hostile debts lapse, honest viewers with money can use honest relays: what they
 * verified gets acknowledged, and more segments arrive.
 */
export function expectProgress(world: World): void {
  calm(world);
  for (const relay of world.honestRelays) while (relay.sessions > 0) relay.endSession(0);
  world.run({ type: "wait", seconds: 90_000 });
  calm(world);
  for (const viewer of world.honestViewers) {
    world.ground.chain.deposit(viewer.key.address, 100_000n);
    for (let relay = 0; relay < HONEST_RELAYS; relay++) {
      if (viewer.free < owed(2_000n, world.ground.pricePerGiB)) continue;
      const before = viewer.verifiedBytes;
      for (let round = 0; round < 60 && viewer.verifiedBytes < before + 400n; round++) {
        const verified = viewer.verifiedBytes;
        world.run({ type: "play", viewer: viewer.index, relay, resource: 9 - (round % 3) });
        calm(world);
        if (viewer.verifiedBytes === verified) world.run({ type: "wait", seconds: 30 });
      }
      const state = viewer.state(relay);
      if (viewer.verifiedBytes < before + 400n) {
        throw new Error(`viewer ${viewer.index} is stuck with relay ${relay}: ${state?.phase}, ${state?.reason}`);
      }
      if (state?.pending.length !== 0) throw new Error("verified segments stay unacknowledged");
      world.ground.tally.add("progress after calm");
    }
  }
}
