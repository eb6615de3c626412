import { request } from "node:http";
import type { Agent } from "node:http";

/** `fetch` over `node:http`, as little of it as a minimal payer needs: what is measured is the relay. */
export async function nodeFetch(url: string, agent: Agent, init: RequestInit = {}): Promise<Response> {
  const { body, headers = {}, method = "GET" } = init;
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers: headers as Record<string, string> };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { headers: received, statusCode: status = 0 } = response;
        const pairs = Object.entries(received).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(Buffer.concat(chunks), { status, headers: pairs }));
      });
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The relay closed a connection that was idle for long, while this request was on its way: it was never read.
      if (sent.reusedSocket && error.code === "ECONNRESET") resolve(nodeFetch(url, agent, init));
      else reject(error);
    });
    sent.end(body);
  });
}
