import { paperDomain } from "./relayFixture.ts";
import { testViewer } from "./testViewer.ts";

// Watches three segments of the relay whose URL is its argument, pays, and prints the bytes that the relay acknowledged.
const [, , origin = ""] = process.argv;
const viewer = await testViewer({
  fetch: async (path, init) => fetch(origin + path, init),
  origin,
  domain: paperDomain,
});
await viewer.open();
for (const segment of ["segment-0.m4s", "segment-1.m4s", "segment-2.m4s"]) await viewer.download(segment);
const { acknowledged } = await viewer.pay();
console.log(String(acknowledged.deliveredBytes));
process.exit();
