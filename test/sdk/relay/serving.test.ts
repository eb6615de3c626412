import { expect } from "chai";
import { paperDomain, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

describe("A relay serving a metered stream", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;

  beforeEach(async () => {
    fixture = await startRelayFixture();
    viewer = await testViewer({ ...fixture, domain: paperDomain });
  });
  afterEach(async () => {
    await fixture.stop();
  });

  it("serves, is paid, and acknowledges", async () => {
    const opened = await viewer.open();
    expect(opened.acknowledged).to.deep.equal({ deliveredBytes: 0n, segmentsRoot: viewer.seed });
    expect(opened.credit).to.equal(8_388_608n);
    const bytes = await viewer.download("segment-0.m4s");
    expect(bytes).to.deep.equal(fixture.source.files.get("segment-0.m4s"));
    await viewer.download("segment-1.m4s");
    const answer = await viewer.pay();
    expect(answer.acknowledged.deliveredBytes).to.equal(200_000n);
    await viewer.download("segment-2.m4s");
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(300_000n);
  });
});
