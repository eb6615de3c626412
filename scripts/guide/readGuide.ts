/** A step of a page: commands for a terminal, with what they must say. */
export interface GuideStep {
  /** The terminal that it is for: the first one, or one that keeps running what it was given. */
  readonly terminal: string;
  /** Shell commands; absent if the step is to press Ctrl-C there. */
  readonly commands?: string;
  /** Lines that must be printed, in this order; `…` stands for anything. */
  readonly expected: readonly string[];
  /** Line of the page. */
  readonly line: number;
}

/** The terminal of blocks that name none. */
export const FIRST_TERMINAL = "first";

/**
 * Reads the steps of a page: every block of `sh`, and the block of `text` after it, if any, as what it prints. The word
 * after the language names a terminal; `Ctrl-C` after that says that the text comes after Ctrl-C there.
 */
export function readGuide(page: string): GuideStep[] {
  const steps: GuideStep[] = [];
  for (const { 0: block, 1: language, 2: rest = "", 3: body = "", index } of page.matchAll(FENCED)) {
    const [terminal = FIRST_TERMINAL, action] = rest.trim().split(/\s+/).filter(Boolean);
    const line = page.slice(0, index).split("\n").length + Number(block.startsWith("\n"));
    if (language === "sh") steps.push({ terminal, commands: body, expected: [], line });
    if (language !== "text") continue;
    const expected = body.split("\n").filter((text) => text.trim() !== "");
    const last = steps.at(-1);
    if (action === "Ctrl-C") steps.push({ terminal, expected, line });
    else if (last?.terminal !== terminal || last.expected.length > 0) throw new Error(`line ${line}: of no command`);
    else steps[steps.length - 1] = { ...last, expected };
  }
  return steps;
}

const FENCED = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm;

/** The first of the expected lines that the output does not hold after the ones before it. */
export function firstMissing(output: string, expected: readonly string[]): string | undefined {
  const lines = output.split("\n").map(squeeze);
  let next = 0;
  for (const text of expected) {
    const parts = squeeze(text)
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(parts.join(".*"));
    const found = lines.slice(next).findIndex((line) => pattern.test(line));
    if (found < 0) return text;
    next += found + 1;
  }
  return undefined;
}

function squeeze(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
