import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { keccak256 } from "viem/utils";
import type { Hex } from "../../sdk/core/index.ts";

/** How an RPC endpoint misbehaves; all that is named happens at once. */
export interface RpcFault {
  /** Connections are reset. */
  readonly down?: boolean;
  /** Requests are taken and never answered. */
  readonly stalls?: boolean;
  /** Milliseconds by which every answer is late. */
  readonly lateMs?: number;
  /** Every request is answered with 429 and this many seconds of Retry-After. */
  readonly retryAfter?: number;
  /** Answers break off in the middle. */
  readonly truncates?: boolean;
  /**
   * Blocks by which the endpoint is wrong about the newest one. Below zero it lags: it answers as a node that has not got the
   * newest blocks, and knows nothing of what is in them. Above zero it boasts: it names blocks that do not exist, and answers
   * what is asked about them with what it has.
   */
  readonly headOffset?: number;
  /** Transactions are answered for with their hash and thrown away. */
  readonly swallows?: boolean;
  /** How far the count of transactions that includes pending ones is off. */
  readonly pendingOffset?: number;
}

/** An RPC endpoint in front of a real node. */
export interface RpcProxy {
  readonly url: string;
  /** What is wrong with it from now on; `{}` cures it. Requests under way keep the fault that they met. */
  fault: RpcFault;
  /** How often each method was asked for. */
  readonly calls: ReadonlyMap<string, number>;
  /**
   * Told of every call before the node is asked, and again when it has answered. The call waits for what it returns, and goes
   * no further if that rejects.
   */
  onCall: ((method: string, when: "asked" | "answered") => Promise<void> | undefined) | undefined;
  readonly stop: () => Promise<void>;
}

interface RpcCall {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Where methods that read a state take their block. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
  eth_getBlockByNumber: 0,
};

/** Starts an endpoint without faults on a free loopback port, in front of the node at `nodeUrl`. */
export async function startRpcProxy(nodeUrl: string): Promise<RpcProxy> {
  const calls = new Map<string, number>();
  const server = createServer((asked, answer) => {
    handle(asked, answer).catch(() => answer.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  const handle = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { fault } = proxy;
    const body = Buffer.concat((await asked.toArray()) as Buffer[]).toString();
    const request = JSON.parse(body) as RpcCall | readonly RpcCall[];
    const list: readonly RpcCall[] = Array.isArray(request) ? request : [request];
    for (const { method } of list) calls.set(method, (calls.get(method) ?? 0) + 1);
    if (fault.down === true) {
      asked.socket.resetAndDestroy();
      return;
    }
    if (fault.stalls === true) return;
    if (fault.lateMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.lateMs));
    if (fault.retryAfter !== undefined) {
      answer.writeHead(429, { "retry-after": String(fault.retryAfter) }).end();
      return;
    }
    for (const { method } of list) await proxy.onCall?.(method, "asked");
    const node = faultyNode(nodeUrl, fault);
    const answers = await Promise.all(list.map(async (call) => node(call)));
    for (const { method } of list) await proxy.onCall?.(method, "answered");
    const text = JSON.stringify(Array.isArray(request) ? answers : answers[0]);
    answer.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    if (fault.truncates !== true) {
      answer.end(text);
      return;
    }
    answer.write(text.slice(0, text.length / 2), () => answer.destroy());
  };

  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: {},
    calls,
    onCall: undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

/** A node that answers as the fault has it. */
function faultyNode(nodeUrl: string, fault: RpcFault): (call: RpcCall) => Promise<RpcAnswer> {
  const { headOffset = 0, pendingOffset = 0, swallows } = fault;
  const ask = async (call: RpcCall): Promise<RpcAnswer> => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(nodeUrl, { method: "POST", headers, body: JSON.stringify(call) });
    return (await response.json()) as RpcAnswer;
  };
  const headOf = async (): Promise<number> => {
    const { result } = await ask({ jsonrpc: "2.0", id: 0, method: "eth_blockNumber", params: [] });
    return Number(result);
  };
  const askAtHead = async (call: RpcCall): Promise<RpcAnswer> => {
    if (headOffset === 0) return ask(call);
    const newest = await headOf();
    return headOffset > 0 ? boast(call, newest, headOffset) : lag(call, Math.max(newest + headOffset, 0));
  };

  async function boast(call: RpcCall, newest: number, blocks: number): Promise<RpcAnswer> {
    const place = BLOCK_PARAMETER[call.method];
    if (call.method === "eth_blockNumber") return resultOf(call, toHex(newest + blocks));
    if (place === undefined) return ask(call);
    const block = call.params?.[place];
    const isBeyond = isNumber(block) && Number(block) > newest;
    if (!isBeyond && block !== "latest") return ask(call);
    const answer = await ask(withParameter(call, place, "latest"));
    if (call.method !== "eth_getBlockByNumber" || typeof answer.result !== "object") return answer;
    return { ...answer, result: { ...answer.result, number: isBeyond ? block : toHex(newest + blocks) } };
  }

  async function lag(call: RpcCall, head: number): Promise<RpcAnswer> {
    const place = BLOCK_PARAMETER[call.method];
    if (call.method === "eth_blockNumber") return resultOf(call, toHex(head));
    if (call.method === "eth_getLogs") {
      const [filter = {}] = (call.params ?? []) as readonly Record<string, unknown>[];
      const end = filter["toBlock"];
      const isBeyond = !isNumber(end) || Number(end) > head;
      if (isNumber(filter["fromBlock"]) && Number(filter["fromBlock"]) > head) return resultOf(call, []);
      return ask(isBeyond ? { ...call, params: [{ ...filter, toBlock: toHex(head) }] } : call);
    }
    if (place !== undefined) {
      const block = call.params?.[place];
      if (!isNumber(block)) return ask(withParameter(call, place, toHex(head)));
      if (Number(block) <= head) return ask(call);
      if (call.method === "eth_getBlockByNumber") return resultOf(call, null);
      return { jsonrpc: "2.0", id: call.id, error: { code: -32_000, message: "header not found" } };
    }
    const answer = await ask(call);
    const mined = blockOf(answer.result);
    return mined !== undefined && mined > head ? resultOf(call, null) : answer;
  }

  return async (call) => {
    if (swallows === true && call.method === "eth_sendRawTransaction") {
      return resultOf(call, keccak256(call.params?.[0] as Hex));
    }
    const answer = await askAtHead(call);
    if (pendingOffset === 0 || call.method !== "eth_getTransactionCount" || call.params?.[1] !== "pending")
      return answer;
    return { ...answer, result: toHex(Math.max(Number(answer.result) + pendingOffset, 0)) };
  };
}

function resultOf({ id }: RpcCall, result: unknown): RpcAnswer {
  return { jsonrpc: "2.0", id, result };
}

function withParameter(call: RpcCall, place: number, value: unknown): RpcCall {
  const params = [...(call.params ?? [])];
  params[place] = value;
  return { ...call, params };
}

function isNumber(block: unknown): block is string {
  return typeof block === "string" && block.startsWith("0x");
}

/** The block of a transaction or its receipt, or of a block. */
function blockOf(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const { blockNumber, number } = result as { readonly blockNumber?: unknown; readonly number?: unknown };
  const block = blockNumber ?? number;
  return isNumber(block) ? Number(block) : undefined;
}

function toHex(value: number): string {
  return `0x${value.toString(16)}`;
}
