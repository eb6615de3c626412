import { leafEntry, manifestRoot, privateKeySigner } from "../../../sdk/core/index.ts";
import type { ManifestLeaf } from "../../../sdk/core/index.ts";
import { createReporter } from "../../../sdk/viewer/reporter/index.ts";
import { paperDeployment, paperDomain, testKey } from "../../helpers/relayFixture.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import { paperReporterChain } from "./paperReporterChain.ts";

// A program that reports by the system's own clock, a second after the commitment; with `idle`, it waits for that.
const agent = privateKeySigner(testKey(31));
const leaf: ManifestLeaf = { path: "a.m4s", contentHash: `0x${"01".repeat(32)}`, size: 100n };
const manifest = { root: manifestRoot([leaf]), leaves: [leaf] };
const delivery = { channelId: manifest.root, manifestRoot: manifest.root, ...leafEntry(leaf), size: 99n };

const chain = paperReporterChain(1);
chain.operators.set(agent.address, agent.address);
chain.onCall = () => {
  chain.now = Math.floor(Date.now() / 1_000);
};
const reporter = createReporter({
  deployment: paperDeployment,
  chain,
  tokenPerEther: 1n,
  onEvent: ({ type }) => {
    console.log(type);
  },
});
const deliveries = [await signDelivery(paperDomain, agent, delivery)];
reporter.note({ relay: "https://relay.example", byAgent: true, deliveries, manifest });
if (process.argv[2] === "idle") await reporter.idle();
