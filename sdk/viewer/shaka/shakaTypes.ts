import type { PlayerMedia } from "../player/bufferedMs.ts";

/**
 * The part of Shaka Player that is used, by shape: which type its package has depends on how a project resolves modules. A page
 * passes what it imports, `import shaka from "shaka-player"`.
 */
export interface Shaka {
  readonly net: {
    readonly HttpFetchPlugin: { parse(...call: Parameters<ShakaPlugin>): ShakaOperation<ShakaResponse> };
    readonly NetworkingEngine: {
      readonly RequestType: Readonly<Record<"MANIFEST" | "PLAYLIST" | "SEGMENT", number>>;
      registerScheme(scheme: string, plugin: ShakaPlugin, priority?: number, progressSupport?: boolean): void;
    };
  };
  readonly util: {
    readonly AbortableOperation: new <Value>(
      promise: Promise<Value>,
      onAbort: () => Promise<void>,
    ) => ShakaOperation<Value>;
    readonly Error: {
      new (severity: number, category: number, code: number, ...data: unknown[]): Error;
      readonly Severity: Readonly<Record<"CRITICAL" | "RECOVERABLE", number>>;
      readonly Category: Readonly<Record<"NETWORK", number>>;
      readonly Code: Readonly<Record<"BAD_HTTP_STATUS" | "OPERATION_ABORTED" | "TIMEOUT", number>>;
    };
  };
}

/** The part of a Shaka player that is used. */
export interface ShakaPlayer {
  getMediaElement(): PlayerMedia | null;
  getNetworkingEngine(): ShakaEngine | null;
}

/** What makes the requests of one player. */
export interface ShakaEngine {
  registerRequestFilter(filter: ShakaFilter): void;
  unregisterRequestFilter(filter: ShakaFilter): void;
}

/** Sees every request before it is made. */
export type ShakaFilter = (type: number, request: ShakaRequest) => void;

/** A request as filters and plug-ins get it. */
export interface ShakaRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryParameters: { readonly timeout: number };
  readonly streamDataCallback: ((data: ArrayBuffer) => Promise<unknown>) | null;
}

/** An answer. */
export interface ShakaResponse {
  readonly uri: string;
  readonly originalUri: string;
  readonly data: ArrayBuffer | ArrayBufferView;
  readonly status?: number;
  readonly headers: Record<string, string>;
  readonly originalRequest: ShakaRequest;
}

/** Something that takes time and can be ended. */
export interface ShakaOperation<Value> {
  readonly promise: Promise<Value>;
  abort(): Promise<unknown>;
}

/** What loads URLs of a scheme, for all players of a page. */
export type ShakaPlugin = (
  uri: string,
  request: ShakaRequest,
  type: number,
  /** Milliseconds and bytes since it was last called, and bytes that are still to come. */
  progressUpdated: (milliseconds: number, bytes: number, remaining: number) => void,
  headersReceived: (headers: Record<string, string>) => void,
  config: { readonly minBytesForProgressEvents?: number },
) => ShakaOperation<ShakaResponse>;
