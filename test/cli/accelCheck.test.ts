import { expect } from "chai";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accelChecks } from "../../sdk/cli/doctor/accelCheck.ts";

describe("weir relay doctor, with a proxy that sends files", () => {
  const streams = [{ path: "/film/", source: "film", publisher: `0x${"0".repeat(40)}` as const }];

  it("fails if anybody gets the files past the relay, and finds nothing if nobody answers", async () => {
    const asked: (string | undefined)[] = [];
    let status = 404;
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end("{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const verdict = async (): Promise<string | undefined> =>
      (await accelChecks(url, "/weir-files/", streams))[0]?.verdict;

    expect(await verdict()).to.equal("ok");
    status = 200;
    expect(await verdict()).to.equal("fail");
    expect(asked).to.deep.equal(Array(2).fill("/weir-files/film/weir.json"));
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    expect(await accelChecks(url, "/weir-files/", streams)).to.deep.equal([]);
  });
});
