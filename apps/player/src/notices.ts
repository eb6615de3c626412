import { errorCatalogue, WeirError } from "weir/core";
import type { WeirErrorCode } from "weir/core";
import { byId, setText } from "../../../sdk/admin/page/dom.ts";

/** What a person is told, and offered to do about it. */
export interface Notice {
  readonly title: string;
  readonly cure: string;
  readonly act?: { readonly label: string; readonly run: () => void };
}

/** In the words of who watches; for codes that are left out the catalogue's own words do. */
const WORDS: Partial<Record<WeirErrorCode, Omit<Notice, "act">>> = {
  "no-relay-left": {
    title: "No relay delivers the stream",
    cure: "All relays are away, too dear or were refused. Playing goes on by itself as soon as one is back.",
  },
  "budget-exhausted": {
    title: "The budget is used up",
    cure: "Nothing more is spent. Raise the budget to go on, or stop and get back what relays have not drawn.",
  },
  "request-declined": {
    title: "The wallet said no",
    cure: "Nothing was signed and nothing was spent. Try again if that was by mistake.",
  },
  "wrong-chain": {
    title: "The wallet is on another chain",
    cure: "Switch it to the chain that this page names, then try again.",
  },
  "publisher-silent": {
    title: "The publisher stopped signing",
    cure: "What it signed last is too old to trust. Playing goes on by itself when it signs again.",
  },
  "manifest-stale": {
    title: "What the publisher signed is out of date",
    cure: "The stream may be over. Ask its publisher for a new manifest, or try another relay.",
  },
  "browser-unsupported": {
    title: "This browser cannot play the stream",
    cure: "Open the page over https or on this machine, in a current browser with Media Source Extensions.",
  },
  "chain-unavailable": {
    title: "The chain does not answer",
    cure: "Check the connection. What is signed so far is safe.",
  },
};

let acting: AbortController | undefined;

/** Shows a notice in the place of the one before. */
export function showNotice({ title, cure, act }: Notice): void {
  acting?.abort();
  acting = new AbortController();
  const { signal } = acting;
  setText("notice-title", title);
  setText("notice-cure", cure);
  const button = byId("notice-act");
  button.hidden = act === undefined;
  if (act !== undefined) {
    button.textContent = act.label;
    button.addEventListener("click", act.run, { signal });
  }
  byId("notice-close").addEventListener("click", hideNotice, { signal });
  byId("notice").hidden = false;
}

/** Takes the notice away. */
export function hideNotice(): void {
  byId("notice").hidden = true;
}

/** Shows what went wrong in words that say what to do. */
export function showError(error: unknown, act?: Notice["act"]): void {
  showNotice({ ...wordsFor(error), ...(act && { act }) });
}

/** What an error means to who watches. */
export function wordsFor(error: unknown): Omit<Notice, "act"> {
  if (!WeirError.is(error)) {
    const cure = error instanceof Error ? error.message : String(error);
    return { title: "Something went wrong", cure };
  }
  const { cure, title } = errorCatalogue[error.code];
  return WORDS[error.code] ?? { title, cure };
}

/** Says something once to who does not see the page. */
export function say(text: string): void {
  setText("say", text);
}
