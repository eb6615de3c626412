import type { Acknowledged, SegmentEntry, WeirErrorCode } from "../../../sdk/core/index.ts";
import { newViewerChannel, stepViewer, wakeAt } from "../../../sdk/exchange/index.ts";
import type {
  RelayStatement,
  ViewerChannel,
  ViewerEffect,
  ViewerEnv,
  ViewerInput,
  ViewerPolicy,
} from "../../../sdk/exchange/index.ts";
import { channel, MIB, NOW, SEED, signReceipt, viewerEnv } from "./fixtures.ts";
import type { Timeless } from "./fixtures.ts";

type Effect<Type extends ViewerEffect["type"]> = Extract<ViewerEffect, { type: Type }>;

/** A viewer's channel on the bench: applies inputs and keeps what came of the last one. */
export class ViewerBench {
  state: ViewerChannel;
  now = NOW;
  effects: readonly ViewerEffect[] = [];
  env: ViewerEnv;

  constructor(policy: Partial<ViewerPolicy> = {}, state = newViewerChannel(channel, SEED)) {
    this.env = viewerEnv(policy);
    this.state = state;
  }

  apply(input: Timeless<ViewerInput>): this {
    const step = stepViewer(this.state, { ...input, now: this.now } as ViewerInput, this.env);
    this.effects = step.effects;
    this.state = step.state;
    return this;
  }

  /** Opens a session with a relay that knows what the viewer knows. */
  open(statement: Partial<RelayStatement> = {}): this {
    this.apply({ type: "open" });
    const acknowledged: Acknowledged =
      this.state.acknowledged.deliveredBytes === 0n ? this.state.acknowledged : signReceipt(this.state.acknowledged);
    return this.apply({
      type: "opened",
      statement: { acknowledged, covered: 0n, credit: 8n * MIB, ...statement },
    });
  }

  /** A transfer from request to verification. */
  verify(entry: SegmentEntry): this {
    return this.apply({ type: "requested", size: entry.size }).apply({ type: "verified", entry });
  }

  /** The relay takes the post under way. */
  acknowledge(statement: Partial<RelayStatement> = {}): this {
    const { post, acknowledged } = this.state;
    const receipt = post?.receipt ?? acknowledged;
    const signed = receipt.deliveredBytes === 0n ? receipt : signReceipt(receipt);
    return this.apply({
      type: "posted",
      post: post?.number ?? 0,
      statement: { acknowledged: signed, covered: 0n, credit: 8n * MIB, ...statement },
    });
  }

  refuse(code: WeirErrorCode, acknowledged?: Acknowledged): this {
    const post = this.state.post?.number ?? 0;
    return this.apply({ type: "postRefused", post, code, ...(acknowledged && { acknowledged }) });
  }

  wait(seconds: number): this {
    this.now += seconds;
    return this.apply({ type: "tick" });
  }

  effect<Type extends ViewerEffect["type"]>(type: Type): Effect<Type> | undefined {
    return this.effects.find((effect): effect is Effect<Type> => effect.type === type);
  }

  get wakeAt(): number | undefined {
    return wakeAt(this.state, this.env);
  }
}
