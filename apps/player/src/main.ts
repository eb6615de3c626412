import { WeirError } from "weir/core";
import { listSessions, openSession } from "weir/viewer/wallet";
import type { DepositStep, KnownSession, OpenSessionOptions, ViewerSession } from "weir/viewer/wallet";
import { createPublicClient, http } from "viem";
import { byId, setText } from "../../../sdk/admin/page/dom.ts";
import { tokens, typedTokens } from "./amounts.ts";
import { closeSession } from "./closing.ts";
import { hideNotice, say, showError, wordsFor } from "./notices.ts";
import { canPlay } from "./playback.ts";
import { loadConfig } from "./playerConfig.ts";
import { relayLooks } from "./relayNames.ts";
import { stepsIn } from "./steps.ts";
import type { Steps } from "./steps.ts";
import { pickedStream, showStreams } from "./streamPicker.ts";
import type { PickedStream } from "./streamPicker.ts";
import { fill } from "./throwawayWallet.ts";
import { walletPanel } from "./walletPanel.ts";
import type { ConnectedWallet } from "./wallets.ts";
import { startWatching } from "./watching.ts";
import type { Watching } from "./watching.ts";

/** What the page shows: one of these at a time. */
const SCENES = ["choose", "stage", "over"] as const;
const LOCAL_POLLING_MS = 200;

const config = await loadConfig();
const { deployment, faucet } = config;
const { token } = deployment;
const client = createPublicClient({
  transport: http(config.rpc),
  ...(faucet !== undefined && { pollingInterval: LOCAL_POLLING_MS }),
});
let session: ViewerSession | undefined;
let watching: Watching | undefined;
/** Token base units that came back from a session of which more is to come. */
let returned = 0n;

function show(scene: (typeof SCENES)[number]): void {
  for (const each of SCENES) byId(each).hidden = each !== scene;
  scrollTo(0, 0);
}

function input(id: string): HTMLInputElement {
  return byId(id) as HTMLInputElement;
}

/** The session that this browser keeps for a wallet. */
async function knownSession(wallet: ConnectedWallet | undefined): Promise<KnownSession | undefined> {
  if (wallet === undefined) return undefined;
  const owner = wallet.address.toLowerCase();
  const known = await listSessions();
  return known.find((each) => each.owner.toLowerCase() === owner && each.deposited > 0n);
}

/** Says beforehand what Watch will do, and offers to close a session that is open. */
async function showStart(): Promise<void> {
  const wallet = wallets.current();
  const known = await knownSession(wallet);
  byId("close-open").hidden = known === undefined;
  input("budget").disabled = known !== undefined;
  const note = byId("start-note");
  if (known !== undefined) {
    note.replaceChildren(
      "Goes on with the open session of ",
      tokens(known.deposited, token),
      ", without asking the wallet.",
    );
  } else if (wallet === undefined) note.replaceChildren("Asks which wallet to use.");
  else if (wallet.isThrowaway)
    note.replaceChildren("The throwaway wallet signs once; a relay pays for the transaction.");
  else note.replaceChildren("The wallet asks you to sign once.");
}

async function watch(): Promise<void> {
  const problem = byId("field-problem");
  problem.hidden = true;
  hideNotice();
  let picked: PickedStream;
  let limits: Pick<OpenSessionOptions, "amount" | "maxPricePerGiB">;
  try {
    const amount = typedTokens(input("budget").value, token);
    limits = { amount, maxPricePerGiB: typedTokens(input("max-price").value, token) };
    picked = await pickedStream(config);
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    problem.textContent = error.code === "malformed-message" ? error.shortMessage : wordsFor(error).title;
    problem.hidden = false;
    return;
  }
  const wallet = await wallets.need();
  if (wallet === undefined) return;
  show("stage");
  byId("cover").hidden = false;
  byId("play").hidden = true;
  setText("cover-text", "Opening");
  setText("title", picked.stream.title);
  byId("main").focus();
  try {
    session = await open(wallet, picked.relays, limits, stepsIn("steps"));
    watching = await startWatching({ config, picked, session, onRaise: askRaise });
  } catch (error) {
    await session?.leave();
    session = undefined;
    show("choose");
    await showStart();
    offerCure(error, wallet);
  }
}

/** Opens the session, or goes on with it, and says step by step what that takes. */
async function open(
  wallet: ConnectedWallet,
  relays: readonly string[],
  limits: Pick<OpenSessionOptions, "amount" | "maxPricePerGiB">,
  steps: Steps,
): Promise<ViewerSession> {
  const nameOf = relayLooks(config.relays, relays);
  const isNew = (await knownSession(wallet)) === undefined;
  steps.begin(isNew ? "Making a session key" : "Going on with the open session");
  if (isNew && wallet.isThrowaway && faucet !== undefined) await fill(faucet, wallet.address, "tokens");
  const tell: Record<DepositStep["type"], (step: DepositStep) => void> = {
    signing: () => {
      steps.begin("The wallet signs the deposit, which costs nothing");
    },
    relayed: (step) => {
      if (step.type === "relayed") steps.begin(`${nameOf(step.relay).name} sends it to the chain`);
    },
    refused: (step) => {
      if (step.type === "refused") steps.failed(`${nameOf(step.relay).name} does not send it`);
    },
    sending: () => {
      steps.begin("The wallet sends the deposit");
    },
    sent: () => {
      steps.begin("The chain confirms the deposit");
    },
  };
  const opened = await openSession({
    ...{ wallet: wallet.wallet, deployment, client, relays, ...limits },
    onStep(step) {
      tell[step.type](step);
    },
  });
  steps.begin("Relays open, and the first segments come");
  return opened;
}

function offerCure(error: unknown, wallet: ConnectedWallet): void {
  if (WeirError.is(error, "wrong-chain")) {
    const run = (): void => {
      wallet.addChain().then(hideNotice, showError);
    };
    showError(error, { label: "Add the chain to the wallet", run });
  } else showError(error);
}

async function leave(): Promise<void> {
  const wallet = await wallets.need();
  if (wallet === undefined) return;
  watching?.stop();
  watching = undefined;
  hideNotice();
  show("over");
  try {
    const known = await knownSession(wallet);
    const relays = config.relays.map(({ origin }) => origin);
    session ??= await open(wallet, relays, limitsOf(known), stepsIn("over-steps"));
    const deposited = known?.deposited ?? 0n;
    returned = (await closeSession({ config, session, wallet, deposited, returned })) ?? 0n;
  } catch (error) {
    showError(error, { label: "Try again", run: () => void leave() });
    stepsIn("over-steps").failed(wordsFor(error).title);
  }
  session = undefined;
  await showStart();
}

function limitsOf(known: KnownSession | undefined): Pick<OpenSessionOptions, "amount" | "maxPricePerGiB"> {
  if (known === undefined) throw new WeirError("storage-failed", "this browser has no session of the wallet");
  return { amount: known.deposited, maxPricePerGiB: known.limits.maxPricePerGiB };
}

function askRaise(): void {
  hideNotice();
  byId("raise-problem").hidden = true;
  input("raise-by").value = config.budget;
  (byId("raising") as HTMLDialogElement).showModal();
}

/** Puts more into the session and lets it be spent. */
async function raise(): Promise<void> {
  const wallet = wallets.current();
  if (session === undefined || wallet === undefined) return;
  const amount = typedTokens(input("raise-by").value, token);
  (byId("raising") as HTMLDialogElement).close();
  try {
    if (wallet.isThrowaway && faucet !== undefined) await fill(faucet, wallet.address, "tokens");
    const { limits } = session;
    await session.topUp(amount);
    await session.raiseLimits({ ...limits, budget: limits.budget + amount });
    await watching?.renew();
    say("The budget was raised.");
  } catch (error) {
    showError(error, { label: "Try again", run: askRaise });
  }
}

/** Runs what a person asked for; whatever goes wrong is shown. */
function run(task: () => Promise<void>): void {
  task().catch((error: unknown) => {
    showError(error);
  });
}

const wallets = await walletPanel(config, () => {
  run(showStart);
});
byId("start").addEventListener("submit", (event) => {
  event.preventDefault();
  run(watch);
});
byId("raise").addEventListener("click", askRaise);
byId("leave").addEventListener("click", () => {
  run(leave);
});
for (const id of ["close-open", "close-again"]) {
  byId(id).addEventListener("click", () => {
    run(leave);
  });
}
byId("again").addEventListener("click", () => {
  show("choose");
  input("budget").focus();
});
byId("raise-form").addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("value") !== "raise") return;
  event.preventDefault();
  raise().catch((error: unknown) => {
    byId("raise-problem").textContent = wordsFor(error).title;
    byId("raise-problem").hidden = false;
  });
});

showStreams(config);
for (const place of document.querySelectorAll("[data-symbol]")) place.textContent = token.symbol;
input("budget").value = config.budget;
input("max-price").value = config.maxPricePerGiB;
setText("network", faucet === undefined ? deployment.network : "Local test chain: the tokens are worth nothing");
setText("about", `Pays in ${token.symbol} through the escrow ${deployment.paymentChannels.address}.`);
if (config.operatorPage !== undefined) {
  byId("operator").setAttribute("href", config.operatorPage);
  byId("operator").hidden = false;
}
await showStart();
if (!canPlay()) {
  showError(new WeirError("browser-unsupported"));
  (byId("watch") as HTMLButtonElement).disabled = true;
}
byId("main").setAttribute("aria-busy", "false");
