import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readEarnings } from "../../sdk/chain/index.ts";
import { owed } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { BUDGET, eventually, PRICE } from "../helpers/stage.ts";
import { DEATH_BYTES, openFilmWorld } from "./filmWorld.ts";
import type { FilmWorld, PlayedPaid } from "./filmWorld.ts";
import type { RelayStatus } from "../../sdk/viewer/index.ts";
import type { Playback } from "./pages/playFilm.ts";

/** Of two seconds each. */
const SEGMENTS = 6;
/** Of the film: picture and sound, without what both begin with. */
const FILES = 2 * SEGMENTS;
/** More than two machines that do something else besides can make of it, less than any time limit of the viewer. */
const EXTRA_STALL_SECONDS = 1;

describe("a film in a browser, over three relays of which one corrupts and one is killed", function () {
  this.timeout(120_000);
  let world: FilmWorld;

  before(async () => {
    world = await openFilmWorld(SEGMENTS);
  });
  after(async () => {
    await world.stop();
  });

  for (const player of ["hls", "dash"] as const) {
    describe(`by ${player}.js`, () => {
      let plain: Playback;
      let played: PlayedPaid;
      let corrupting: RelayStatus;
      let dying: RelayStatus;
      let healthy: RelayStatus;
      /** Token base units that the relays had earned before, in their order. */
      let had: readonly bigint[];

      const total = async (payee: Hex): Promise<bigint> => {
        const { deployment, publicClient } = world.stage.local;
        const { balance, fees } = await readEarnings(publicClient, { deployment, payee });
        return balance + fees;
      };
      const payees = (): Hex[] => [
        world.corrupting.account.address,
        world.dying.address,
        world.healthy.account.address,
      ];
      const earned = async (relay: number): Promise<bigint> =>
        (await total(payees()[relay] ?? "0x")) - (had[relay] ?? 0n);

      before(async () => {
        had = await Promise.all(payees().map(total));
        ({ playback: plain } = await world.playPlain(player));
        played = await world.playPaid(player, await world.stage.openPayer());
        [corrupting, dying, healthy] = played.playback.status.relays as [RelayStatus, RelayStatus, RelayStatus];
      });

      it("is played to its end, and nothing but the publisher's bytes reaches the decoder", () => {
        const listed = new Set<string>(world.manifest.leaves.map(({ contentHash }) => contentHash));
        const { appended } = played.playback;
        expect(appended.length).to.be.greaterThan(FILES);
        for (const hash of appended) expect(listed.has(hash), hash).to.equal(true);
      });

      it("stalls no longer than one healthy origin over the same link lets it", () => {
        expect(played.playback.stallSeconds).to.be.lessThan(plain.stallSeconds + EXTRA_STALL_SECONDS);
      });

      it("meets both: one sends wrong bytes and is not asked again, one is gone in the middle of a segment", () => {
        expect(corrupting.phase).to.equal("refused");
        expect(corrupting.refusedBytes > 0n).to.equal(true);
        const { events } = played.playback;
        const wrong = events.findIndex(({ type }) => type === "corrupt");
        const later = events.slice(wrong).filter(({ type }) => type === "verified" || type === "corrupt");
        const again = later.filter((event) => "relay" in event && event.relay === world.corrupting.url);
        expect(again.filter(({ type }) => type === "verified")).to.deep.equal([]);

        const { bytes, path } = played.cut;
        expect(path).to.match(/\/segment-\d+-\d+\.m4s$/);
        const name = path.split("/").at(-1) ?? "";
        expect(bytes).to.be.within(DEATH_BYTES, readFileSync(join(world.stage.media, name)).length);
        expect(events.some((event) => event.type === "failed" && event.relay === world.dying.url)).to.equal(true);
        const rescued = events.find((event) => event.type === "verified" && event.name === name);
        expect(rescued).to.have.property("relay", world.healthy.url);
      });

      it("needs no CORS preflight, neither for segments nor to open sessions and pay", () => {
        const { requests } = played.traffic;
        expect(requests.filter(({ method }) => method === "OPTIONS")).to.deep.equal([]);
        expect(requests.filter(({ path }) => path.endsWith(".m4s")).length).to.be.at.least(FILES);
      });

      it("pays every relay for what it delivered, to the wei, and nothing for what was wrong", async () => {
        const { relays, spent } = played.playback.status;
        expect(corrupting.verifiedBytes).to.equal(played.untouchedBytes);
        for (const status of relays) expect(status.spent).to.equal(owed(status.verifiedBytes, PRICE));
        expect(relays.reduce((sum, relay) => sum + relay.spent, 0n)).to.equal(spent);
        expect(spent <= BUDGET).to.equal(true);
        expect(healthy.acknowledged).to.equal(healthy.spent);

        // What was acknowledged was on disk: the one that was killed collects it when it is back. Its last answer may not have arrived.
        await world.dying.revive();
        await eventually("the healthy relay has collected everything", async () =>
          (await earned(2)) === healthy.spent ? true : undefined,
        );
        const collected = await eventually("the relay that was killed has collected", async () => {
          const amount = await earned(1);
          return amount >= dying.acknowledged ? amount : undefined;
        });
        expect(collected <= dying.spent).to.equal(true);
        expect((await earned(0)) <= corrupting.spent).to.equal(true);
      });
    });
  }

  describe("when all is played", () => {
    it("keeps the books of all parties in balance", async () => {
      await world.dying.kill();
      await world.stage.expectConserved([world.dying.address]);
    });
  });
});
