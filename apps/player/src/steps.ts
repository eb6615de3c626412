import { byId, element } from "../../../sdk/admin/page/dom.ts";

/** Steps of something that takes a while, as a list. */
export interface Steps {
  /** A step begins; the one before is done. */
  begin(text: string): void;
  /** A step that did not work, and another one comes after it. */
  failed(text: string): void;
  /** All are done. */
  done(): void;
}

/** An empty list of steps in the element with this id. */
export function stepsIn(id: string): Steps {
  const place = byId(id);
  place.replaceChildren();
  const finish = (): void => {
    place.querySelector("li.running")?.setAttribute("class", "done");
  };
  return {
    begin(text) {
      if (place.querySelector("li.running")?.textContent === text) return;
      finish();
      place.append(element("li", { class: "running" }, text));
    },
    failed(text) {
      place.querySelector("li.running")?.remove();
      place.append(element("li", { class: "failed" }, text));
    },
    done: finish,
  };
}
