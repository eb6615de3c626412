import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"],
  // A tab that is not in front plays on as if it were: several are watched at once.
  ...["--disable-background-timer-throttling", "--disable-renderer-backgrounding"],
  "--disable-backgrounding-occluded-windows",
  // Two pages of one machine find each other by address, without a name server.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

/**
 * Starts Debian's Chromium without a window. It plays H.264 and AAC, and starts playing unasked. Close it when done.
 *
 * @throws Error that says what is missing, never a reason to skip a test
 */
export async function launchChromium(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
  } catch (cause) {
    throw new Error(`Chromium does not start: install Debian's package chromium (${EXECUTABLE}).`, { cause });
  }
}

/** A page, and what it complained about. */
export interface WatchedPage {
  readonly page: Page;
  /** Uncaught errors, in order. A test that expects none asserts that it is empty. */
  readonly errors: readonly string[];
}

/** Opens a page in a new tab and waits until its scripts ran. */
export async function openPage(context: BrowserContext, url: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  await page.goto(url, { waitUntil: "load" });
  return { page, errors };
}
