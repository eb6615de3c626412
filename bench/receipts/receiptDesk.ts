import { createSecretKey } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelId, domainSeparator, paymentChannelsDomain, setKeccak256 } from "../../sdk/core/index.ts";
import type { Deployment, Secp256k1 } from "../../sdk/core/index.ts";
import { defaultRelayPolicy } from "../../sdk/exchange/index.ts";
import { loadFastKeccak256 } from "../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../sdk/internal/nativeSecp256k1.ts";
import { openChannels } from "../../sdk/relay/channels.ts";
import { systemClock } from "../../sdk/relay/clock.ts";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { DEFAULT_LIMITS } from "../../sdk/relay/relayOptions.ts";
import { addressLimits } from "../../sdk/relay/addressLimits.ts";
import { tokenBuckets } from "../../sdk/relay/tokenBuckets.ts";
import { acceptReceiptPost } from "../../sdk/relay/routes/receiptRoute.ts";
import type { AcceptedPost } from "../../sdk/relay/routes/receiptRoute.ts";
import { issueToken } from "../../sdk/relay/sessionToken.ts";
import { paperChain } from "../../test/helpers/relayFixture.ts";
import { fundedView } from "../fundedView.ts";
import { randomHex } from "./receiptLoad.ts";
import type { BenchViewer } from "./receiptLoad.ts";

/** The part of a relay that takes receipts, put together as the relay does it, with its database in a folder of its own. */
export interface ReceiptDesk {
  readonly secp256k1: Secp256k1;
  /** Whether `secp256k1` is compiled code. */
  readonly native: boolean;
  /** Opens a session on a funded channel. Resolves to its token. */
  readonly open: (viewer: BenchViewer) => Promise<string>;
  /** What the receipt route does with the body of a post. Resolves once the receipt is on disk. */
  readonly accept: (body: Uint8Array) => Promise<AcceptedPost>;
  /** Bytes of the receipt that a reader of the closed and reopened database finds. */
  readonly stored: (viewers: readonly BenchViewer[]) => Promise<readonly bigint[]>;
  readonly stop: () => Promise<void>;
}

/** Most writes in one transaction. */
const MAX_GROUP = 50;

/** Opens an empty database and what stands before it. */
export async function openReceiptDesk(deployment: Deployment): Promise<ReceiptDesk> {
  setKeccak256(await loadFastKeccak256());
  const { backend: secp256k1, native } = await loadFastSecp256k1();
  const folder = await mkdtemp(join(tmpdir(), "weir-bench-receipts-"));
  const file = join(folder, "relay.db");
  const store = sqliteStore(file, { maxGroup: MAX_GROUP });
  await store.start();
  const domain = domainSeparator(paymentChannelsDomain(deployment));
  const channels = openChannels({
    store,
    env: { domain, policy: defaultRelayPolicy, secp256k1 },
    clock: systemClock,
    emit: () => undefined,
    onCollect: () => undefined,
    maxCached: DEFAULT_LIMITS.cachedChannels,
  });
  const tokenSecret = createSecretKey(await store.secret("session tokens"));
  const limits = { ...DEFAULT_LIMITS, receiptsPerSecond: 1_000_000 };
  const context = {
    ...{ chain: paperChain(), channels, clock: systemClock, emit: () => undefined, limits, tokenSecret },
    addresses: addressLimits({ limits, clock: systemClock }),
    receiptRate: tokenBuckets({
      perSecond: limits.receiptsPerSecond,
      burst: limits.receiptsPerSecond,
      most: limits.cachedChannels,
    }),
  };
  const streamId = randomHex(32);

  return {
    secp256k1,
    native,
    async open({ channel, totals }) {
      const session = randomHex(16);
      const seed = totals.segmentsRoot;
      await channels.open({ channel, session, seed, largestResource: 2n ** 21n, view: fundedView });
      const expires = systemClock() + DEFAULT_LIMITS.tokenSeconds;
      return issueToken(tokenSecret, { channelId: channelId(channel), session, streamId, expires });
    },
    accept: async (body) => acceptReceiptPost(context, body),
    async stored(viewers) {
      await store.stop();
      await store.start();
      return Promise.all(
        viewers.map(async ({ channel }) => {
          const record = await store.readChannel(channelId(channel));
          return record?.state.acknowledged.deliveredBytes ?? -1n;
        }),
      );
    },
    async stop() {
      await store.stop();
      await rm(folder, { recursive: true });
    },
  };
}
