import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { playlistReferences } from "../../../sdk/publisher/index.ts";
import { publishFolder } from "../../../sdk/publisher/node/index.ts";
import { publisher } from "../../helpers/relayFixture.ts";
import { startNetwork, startViewer } from "./relayNetwork.ts";

const testcard = path.join(import.meta.dirname, "../../media/testcard");

describe("a viewer of a published HLS stream", () => {
  it("gets every rendition through its playlists, byte ranges included, and pays for exactly that", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "weir-testcard-"));
    await cp(testcard, folder, { recursive: true });
    const { leaves } = await publishFolder(folder, { signer: publisher, name: "testcard" });
    const streams = [{ path: "/testcard/", source: folder, publisher: publisher.address }];
    const network = await startNetwork([{ streams }, { streams }]);
    const viewer = startViewer(network, { name: "testcard", manifest: "/testcard/weir.json" });
    try {
      let bytes = 0;
      const get = async (name: string, range?: { first: number; last: number }): Promise<Uint8Array> => {
        const body = await viewer.get(name, { range });
        const file = await readFile(path.join(testcard, name));
        expect(Buffer.from(body).equals(range ? file.subarray(range.first, range.last + 1) : file), name).to.equal(
          true,
        );
        bytes += body.length;
        return body;
      };
      const text = async (name: string): Promise<string> => new TextDecoder().decode(await get(name));
      for (const variant of playlistReferences(await text("master.m3u8"), "master.m3u8")) {
        const parts = playlistReferences(await text(variant.path), variant.path);
        await Promise.all(parts.map(async (part) => get(part.path, part.range)));
      }
      const { verifiedBytes, spent, relays } = await viewer.close();
      expect(verifiedBytes).to.equal(BigInt(bytes));
      expect(verifiedBytes).to.equal(leaves.reduce((sum, { size }) => sum + size, 0n));
      expect(relays.reduce((sum, { acknowledged }) => sum + acknowledged, 0n)).to.equal(spent);
    } finally {
      await viewer.close();
      await network.stop();
      await rm(folder, { recursive: true });
    }
  });
});
