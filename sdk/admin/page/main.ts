import type {
  ActivityDocument,
  EarningsDocument,
  IssuesDocument,
  OverviewDocument,
  StakeDocument,
} from "../apiDocuments.ts";
import { activityView } from "./activityView.ts";
import { load } from "./api.ts";
import { byId, setText } from "./dom.ts";
import { earningsView } from "./earningsView.ts";
import { channelsList, settlementsList, showIssues } from "./lists.ts";
import { showStake, showStanding } from "./standingView.ts";

/** Milliseconds between two looks; lists and stake change more slowly than the rest. */
const POLL_MS = 5_000;
const SLOW_POLLS = 3;
const STAKE_POLLS = 12;

let symbol = "";
let polls = 0;
let isFailing = false;

const showEarnings = earningsView();
const showActivity = activityView();
const settlements = settlementsList(() => symbol);
const channels = channelsList(() => symbol);

async function look(): Promise<void> {
  const overview = await load<OverviewDocument>("/api/overview");
  ({ symbol } = overview.relay);
  document.title = `${new URL(overview.relay.publicUrl).host} · Weir relay`;
  showStanding(overview);
  const [activity, issues] = await Promise.all([
    load<ActivityDocument>("/api/activity"),
    load<IssuesDocument>("/api/issues"),
  ]);
  showActivity(activity, symbol);
  showIssues(issues, overview.at);
  if (polls % SLOW_POLLS === 0) {
    const [earnings] = await Promise.all([
      load<EarningsDocument>("/api/earnings"),
      settlements.refresh(),
      channels.refresh(),
    ]);
    showEarnings(earnings, symbol, overview.at);
  }
  // Stake is read from the chain, which may be away while the rest is there.
  if (polls % STAKE_POLLS === 0 && overview.chain !== undefined) {
    showStake(await load<StakeDocument>("/api/stake"), symbol);
  }
  polls += 1;
}

async function poll(): Promise<void> {
  try {
    // A page that nobody sees asks for nothing.
    if (!document.hidden) {
      await look();
      byId("main").setAttribute("aria-busy", "false");
      if (isFailing) byId("trouble").hidden = true;
      isFailing = false;
    }
  } catch {
    if (!isFailing) {
      byId("trouble").hidden = false;
      setText("trouble", "The relay does not answer; what is shown is the last that was known.");
      byId("state").dataset["state"] = "failing";
      setText("state", "Unreachable");
    }
    isFailing = true;
  } finally {
    setTimeout(() => void poll(), POLL_MS);
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  polls = 0;
});
void poll();
