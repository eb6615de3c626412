import { byId, element, setText } from "../../../sdk/admin/page/dom.ts";
import { hash } from "../../../sdk/admin/page/format.ts";
import { showError } from "./notices.ts";
import type { PlayerConfig } from "./playerConfig.ts";
import { findWallets, reconnect, rememberWallet } from "./wallets.ts";
import type { ConnectedWallet, FoundWallet } from "./wallets.ts";

/** The wallet of the page, shown in its head. */
export interface WalletPanel {
  /** The connected one; asks which if there is none. Undefined if nobody was chosen. */
  need(): Promise<ConnectedWallet | undefined>;
  current(): ConnectedWallet | undefined;
}

/** Shows the wallet, and lets another be chosen. */
export async function walletPanel(config: PlayerConfig, onChange: () => void): Promise<WalletPanel> {
  const list = findWallets(config);
  const dialog = byId("wallets") as HTMLDialogElement;
  const button = byId("wallet");
  let current: ConnectedWallet | undefined;
  let chosen: (wallet: ConnectedWallet | undefined) => void = () => undefined;

  function use(wallet: ConnectedWallet | undefined): void {
    current = wallet;
    rememberWallet(wallet);
    byId("wallet-mark").hidden = wallet?.isThrowaway !== true;
    if (wallet === undefined) button.replaceChildren("Connect a wallet");
    else {
      const hidden = element("span", { class: "hidden" }, `${wallet.name}, change it: `);
      button.replaceChildren(hidden, hash(wallet.address));
    }
    onChange();
  }

  function entry(found: FoundWallet): HTMLElement {
    const picture =
      found.icon === undefined
        ? element("span", { class: "blank" })
        : element("img", { attributes: { src: found.icon, alt: "" } });
    const about = found.about === undefined ? [] : [element("small", { class: "muted" }, found.about)];
    const made = element(
      "button",
      { attributes: { type: "button" } },
      picture,
      element("span", {}, element("b", {}, found.name), ...about),
    );
    made.addEventListener("click", () => {
      dialog.close();
      found.connect(true).then(
        (wallet) => {
          use(wallet);
          chosen(wallet);
        },
        (error: unknown) => {
          showError(error);
          chosen(undefined);
        },
      );
    });
    return made;
  }

  async function ask(): Promise<ConnectedWallet | undefined> {
    const found = list();
    const none = element(
      "p",
      { class: "muted" },
      "No wallet was found in this browser. Install one and reload the page.",
    );
    byId("wallet-list").replaceChildren(...(found.length === 0 ? [none] : found.map(entry)));
    const answer = Promise.withResolvers<ConnectedWallet | undefined>();
    chosen = answer.resolve;
    dialog.returnValue = "";
    dialog.showModal();
    return answer.promise;
  }

  // A dialog that is dismissed chose nobody.
  dialog.addEventListener("cancel", () => {
    chosen(undefined);
  });
  dialog.querySelector("form")?.addEventListener("submit", () => {
    chosen(undefined);
  });
  button.addEventListener("click", () => void ask());
  setText("wallet", "Connect a wallet");
  const before = await reconnect(list()).catch(() => undefined);
  if (before !== undefined) use(before);
  return {
    current: () => current,
    need: async () => current ?? ask(),
  };
}
