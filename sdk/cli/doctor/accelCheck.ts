import type { StreamSetting } from "../settings.ts";
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

const TIMEOUT_MS = 10_000;

/**
 * Whether the location that a proxy in front sends files from is closed to everybody else: open, it gives the streams away.
 * Nothing is found if the proxy does not answer.
 *
 * @param accel the setting `relay.accel`
 */
export async function accelChecks(
  publicUrl: string,
  accel: string,
  streams: readonly StreamSetting[],
): Promise<Check[]> {
  const name = "files";
  for (const { manifest = "weir.json", path } of streams) {
    const location = accel + path.replace(/^\//, "").replace(/\/?$/, "/");
    const isOpen = await isServed(publicUrl + location + manifest);
    if (isOpen === undefined) return [];
    if (isOpen) {
      const cure = "Put internal; into that location of the proxy, as docs/nginx/weir.conf does.";
      return [fail(name, `${publicUrl}${location} is open to everybody: nobody has to pay`, cure)];
    }
  }
  return [ok(name, `nobody gets into ${accel} from outside`)];
}

/** Whether a URL gives something to whoever asks; `undefined` if nobody answers. */
async function isServed(url: string): Promise<boolean | undefined> {
  try {
    const { body, ok: isOk } = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    await body?.cancel();
    return isOk;
  } catch {
    // Why it does not answer is what the other checks of the public URL say.
    return undefined;
  }
}
