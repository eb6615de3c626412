import { once } from "node:events";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { paperChain, publisher } from "../../test/helpers/relayFixture.ts";
import { servePaperRelay } from "../../test/helpers/servePaperRelay.ts";
import type { PaperRelayOptions } from "../../test/helpers/servePaperRelay.ts";
import { fundedView } from "../fundedView.ts";

/** What the measured relay is told. It answers with its URL. */
export interface BenchRelayConfig {
  readonly store: string;
  /** The stream's folder, served at `/paid/` for receipts and at `/free/` to everybody. */
  readonly folder: string;
  /** What the relay is told about an nginx in front, if there is one. */
  readonly front: Pick<PaperRelayOptions, "accel" | "publicUrl">;
}

const [{ store, folder: source, front }] = (await once(process, "message")) as [BenchRelayConfig];
await servePaperRelay({
  port: 0,
  streams: [
    { path: "/paid/", source, publisher: publisher.address },
    { path: "/free/", source, publisher: publisher.address, free: true },
  ],
  ...front,
  store: sqliteStore(store),
  chain: { ...paperChain(), view: async () => Promise.resolve(fundedView) },
});
