import { ACCEL_HEADER } from "../../http/index.ts";
import type { Selection } from "../media/catalogue.ts";
import type { MediaRequest } from "../routes/mediaRequest.ts";
import { verifiedFiles } from "./verifiedFiles.ts";

/** Lets a proxy in front send files from disk. */
export interface Accelerator {
  /**
   * Where the proxy finds, inside itself, exactly the bytes that answer a request: the value of `X-Accel-Redirect`.
   * `undefined` if the relay must send them itself: the proxy did not offer to, it might read the request differently, or
   * the file is not known to have the listed bytes.
   */
  readonly locate: (asked: MediaRequest, selection: Selection) => Promise<string | undefined>;
}

/** Headers that make a server of files answer with something else than what was authorised. */
const CONDITIONS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"];

/**
 * Hands verified files over to a proxy such as nginx.
 *
 * @param prefix the proxy's internal location, with a slash at both ends; `undefined` hands over nothing
 */
export function accelerator(prefix: string | undefined): Accelerator {
  if (prefix === undefined) return { locate: async () => Promise.resolve(undefined) };
  const files = verifiedFiles();
  return {
    async locate({ headers, path, stream }, selection) {
      // The location never comes from the request: whoever forges this header gets at nothing but what was authorised.
      if (headers.get(ACCEL_HEADER) !== "on" || !isPlain(headers, selection)) return undefined;
      if (!(await files.holds(selection.resource.leaf, stream.config.source))) return undefined;
      return prefix + stream.config.path.slice(1) + path;
    },
  };
}

/** Whether every server of files would answer this request with the selected bytes. */
function isPlain(headers: Headers, { part }: Selection): boolean {
  if (CONDITIONS.some((name) => headers.has(name))) return false;
  const range = headers.get("range");
  return part === undefined ? range === null : range === `bytes=${part.first}-${part.last}`;
}
