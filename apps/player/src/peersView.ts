import type { SwarmStatus } from "weir/viewer/p2p";
import { byId, setText } from "../../../sdk/admin/page/dom.ts";
import { counted, size } from "../../../sdk/admin/page/format.ts";

/** The switch for swapping segments with other viewers, and what it brings. */
export interface PeersView {
  /** Whether it is switched on. */
  wanted(): boolean;
  /** @param status undefined before it was ever switched on */
  show(status: SwarmStatus | undefined): void;
}

const WANTED_KEY = "weir/player/share";

/** A switch, off unless it was left on in this browser; none if the page knows no tracker. */
export function peersView(isOffered: boolean, onSwitch: (on: boolean) => void): PeersView {
  const control = byId("share") as HTMLInputElement;
  byId("peers").hidden = !isOffered;
  byId("peers-facts").hidden = true;
  control.checked = localStorage.getItem(WANTED_KEY) !== null;
  control.onchange = () => {
    if (control.checked) localStorage.setItem(WANTED_KEY, "on");
    else localStorage.removeItem(WANTED_KEY);
    onSwitch(control.checked);
  };
  return {
    wanted: () => control.checked,
    show(status) {
      byId("peers-facts").hidden = status === undefined;
      if (status === undefined) return;
      const { active, dropped, offload, peerBytes, peers, uploadedBytes } = status;
      const percent = Math.round(offload * 100);
      setText("offload", `${percent}%`);
      setText("peer-count", active ? String(peers) : "off");
      const bar = byId("offload-bar");
      bar.setAttribute("aria-valuenow", String(percent));
      const filled = bar.firstElementChild;
      if (filled instanceof HTMLElement) filled.style.width = `${percent}%`;
      const parts = [
        `${size(Number(peerBytes))} from viewers, unpaid`,
        `${size(Number(uploadedBytes))} given`,
        ...(dropped > 0 ? [`${counted(dropped, "viewer")} refused`] : []),
      ];
      setText("peers-sum", parts.join(" · "));
      control.checked = active;
    },
  };
}
