import { expect } from "chai";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { connect, Socket } from "node:net";
import { WeirError } from "../../../sdk/core/index.ts";
import { clientAddress, listen } from "../../../sdk/servers/index.ts";
import type { ListenOptions, RelayServer } from "../../../sdk/servers/index.ts";
import { connectionLimits } from "../../../sdk/servers/connectionLimits.ts";
import { eventually } from "../../helpers/stage.ts";

describe("The limits of a server", () => {
  let server: RelayServer;
  const sockets: Socket[] = [];
  const seen: (string | undefined)[] = [];

  const start = async (options: ListenOptions): Promise<void> => {
    server = await listen({ stopMs: 100, ...options });
    server.serve(async (request, info) => {
      seen.push(info?.address);
      await request.text();
      return new Response("served");
    });
  };
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    sockets.push(socket);
    // A reset is how a connection is refused.
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "connect");
    return socket;
  };
  const ask = async (headers: Record<string, string> = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpRequest(server.url, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    seen.length = 0;
    await server.stop();
  });

  it("closes connections beyond the most at once, and takes others when there is room", async () => {
    await start({ maxConnections: 2 });
    const first = await open();
    await open();
    const third = await open();
    await once(third, "close");
    expect(server.connections()).to.deep.equal({ open: 2, refused: 1, refusedByAddress: 0 });
    first.destroy();
    await eventually("it was closed", async () => Promise.resolve(server.connections().open === 1 ? true : undefined));
    expect(await ask()).to.equal(200);
  });

  it("cuts off a client that sends its request too slowly, in the head and in the body", async () => {
    await start({ requestMs: 200 });
    for (const text of ["GET / HTTP/1.1\r\nX", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\nx"]) {
      const socket = await open();
      let answer = "";
      socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
      socket.write(text);
      // One byte now and then, as slow clients do that want to stay.
      const drip = setInterval(() => socket.write("x"), 20);
      await once(socket, "close");
      clearInterval(drip);
      expect(answer).to.match(/^(?:$|HTTP\/1\.1 (?:400|408))/);
    }
    expect(await ask()).to.equal(200);
  });

  it("refuses a head that is too long", async () => {
    await start({ maxHeaderBytes: 2_048 });
    expect(await ask({ "x-long": "x".repeat(3_000) })).to.equal(413);
    expect(await ask({ "x-long": "x".repeat(500) })).to.equal(200);
  });

  it("takes the word of trusted proxies for who the client is, and of nobody else", async () => {
    await start({});
    await ask({ "x-forwarded-for": "203.0.113.7" });
    expect(seen).to.deep.equal(["127.0.0.1"]);
    await server.stop();
    seen.length = 0;
    await start({ trustedProxies: ["loopback", "10.0.0.0/8"] });
    await ask();
    await ask({ "x-forwarded-for": "203.0.113.7" });
    // What the client wrote itself stands to the left of what the proxies added.
    await ask({ "x-forwarded-for": "127.0.0.1, 198.51.100.1, 203.0.113.7, 10.1.2.3" });
    await ask({ "x-forwarded-for": "unknown" });
    expect(seen).to.deep.equal(["127.0.0.1", "203.0.113.7", "203.0.113.7", "127.0.0.1"]);
  });

  it("says what a trusted proxy may be", async () => {
    await start({});
    for (const wrong of ["proxy.example", "10.0.0.0/99", ""]) {
      expect(() => clientAddress([wrong]), wrong).to.throw(WeirError, /trusted proxy is an address/);
    }
  });
});

describe("The connections of one address", () => {
  const arrive = (server: ReturnType<typeof createServer>, remoteAddress: string): Socket => {
    const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: remoteAddress });
    server.emit("connection", socket);
    return socket;
  };
  const options = {
    maxConnections: 100,
    connectionsPerAddress: 2,
    isTrusted: (address: string) => address === "10.0.0.1",
  };

  it("are bounded, IPv6 by its network, loopback and trusted proxies not at all", async () => {
    const server = createServer();
    const counts = connectionLimits(server, options);
    const first = arrive(server, "203.0.113.7");
    arrive(server, "203.0.113.7");
    expect(arrive(server, "::ffff:203.0.113.7").destroyed).to.equal(true);
    for (const address of ["203.0.113.8", "127.0.0.1", "127.0.0.1", "127.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"]) {
      expect(arrive(server, address).destroyed, address).to.equal(false);
    }
    arrive(server, "2001:db8::1");
    arrive(server, "2001:db8::2");
    expect(arrive(server, "2001:db8::3").destroyed).to.equal(true);
    first.destroy();
    await once(first, "close");
    expect(arrive(server, "203.0.113.7").destroyed).to.equal(false);
    expect(counts()).to.include({ refused: 0, refusedByAddress: 2 });
  });

  it("leave no trace once they are closed", async () => {
    const server = createServer();
    const counts = connectionLimits(server, options);
    for (let round = 0; round < 5; round++) {
      const sockets = ["203.0.113.7", "203.0.113.7", "2001:db8::1"].map((address) => arrive(server, address));
      expect(sockets.some(({ destroyed }) => destroyed)).to.equal(false);
      await Promise.all(
        sockets.map(async (socket) => {
          socket.destroy();
          await once(socket, "close");
        }),
      );
    }
    expect(counts()).to.deep.equal({ open: 0, refused: 0, refusedByAddress: 0 });
  });
});
