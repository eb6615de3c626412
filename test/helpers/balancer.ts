import { once } from "node:events";
import { createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The one address of several servers: every request goes to the next of them, and past those that are gone. */
export interface Balancer {
  readonly url: string;
  /** Origins of the servers; change it at will. */
  backends: string[];
  /** How many receipts each server answered. */
  readonly receipts: ReadonlyMap<string, number>;
  readonly stop: () => Promise<void>;
}

/** Starts a balancer on a free loopback port, with no servers yet. */
export async function startBalancer(): Promise<Balancer> {
  const receipts = new Map<string, number>();
  let turn = 0;
  const server = createServer((asked, answer) => {
    void forward(asked, answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  const forward = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = Buffer.concat((await asked.toArray()) as Buffer[]);
    for (let tries = 0; tries < balancer.backends.length; tries++) {
      const backend = balancer.backends[turn++ % balancer.backends.length] ?? "";
      const { method, headers } = asked;
      const sent = request(backend + (asked.url ?? "/"), { method: method ?? "GET", headers, agent: false });
      sent.end(body);
      try {
        const [got] = (await once(sent, "response")) as [IncomingMessage];
        if (asked.url === "/weir/receipts") receipts.set(backend, (receipts.get(backend) ?? 0) + 1);
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.once("error", () => answer.destroy()).pipe(answer);
        return;
      } catch {
        // It is gone: the next one gets the request.
        sent.destroy();
      }
    }
    answer.writeHead(502).end();
  };

  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    backends: [],
    receipts,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return balancer;
}
