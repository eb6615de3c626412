import { byId, setText } from "../../../sdk/admin/page/dom.ts";
import { size } from "../../../sdk/admin/page/format.ts";
import type { RelayLook } from "./relayNames.ts";

/** What each relay delivered in the last minute, second by second, one above the other. */
export interface SharesChart {
  /** Verified bytes arrived. */
  add(relay: string, bytes: number): void;
  /** Moves on by a second. */
  tick(): void;
}

const SECONDS = 60;
const WIDTH = 300;
const HEIGHT = 70;
const GAP = 1;
/** Below this nothing reaches the top: a chart of a few kilobytes should look like one. */
const LEAST_TOP = 262_144;
/** Seconds between two new descriptions for who does not see it. */
const DESCRIBE = 10;

/** An empty chart. */
export function sharesChart(origins: readonly string[], lookOf: (origin: string) => RelayLook): SharesChart {
  const place = byId("shares-chart");
  let columns = [new Map<string, number>()];
  let ticks = 0;

  function draw(): void {
    const heights = columns.map((column) => [...column.values()].reduce((sum, bytes) => sum + bytes, 0));
    const top = Math.max(LEAST_TOP, ...heights);
    const width = WIDTH / SECONDS;
    const bars = columns.flatMap((column, index) => {
      let y = HEIGHT;
      return origins.flatMap((origin) => {
        const bytes = column.get(origin) ?? 0;
        if (bytes === 0) return [];
        const height = (bytes / top) * HEIGHT;
        y -= height;
        const x = WIDTH - (columns.length - index) * width;
        return [bar(lookOf(origin).colour, x, y, width - GAP, height)];
      });
    });
    place.replaceChildren(...bars);
    setText("shares-top", `${size(top)}/s`);
  }

  function describe(): void {
    const parts = origins.map((origin) => {
      const bytes = columns.reduce((sum, column) => sum + (column.get(origin) ?? 0), 0);
      return `${lookOf(origin).name} ${size(bytes)}`;
    });
    place.setAttribute("aria-label", `Delivered in the last minute: ${parts.join(", ")}`);
  }

  describe();
  draw();
  return {
    add(relay, bytes) {
      const column = columns.at(-1);
      column?.set(relay, (column.get(relay) ?? 0) + bytes);
    },
    tick() {
      draw();
      if (ticks % DESCRIBE === 0) describe();
      ticks += 1;
      columns = [...columns, new Map<string, number>()].slice(-SECONDS);
    },
  };
}

function bar(colour: string, x: number, y: number, width: number, height: number): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  made.setAttribute("class", colour);
  for (const [name, value] of Object.entries({ x, y, width, height })) made.setAttribute(name, value.toFixed(2));
  return made;
}
