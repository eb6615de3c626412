import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";

/** A file of the operator's page. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** Whether it says nothing about the relay, so that everybody may have it. */
  readonly open: boolean;
}

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const SVG = "image/svg+xml";

/** Documents, styles and the picture of water over a weir; they are in the package as they are in the repository. */
const STATIC: Readonly<Record<string, readonly [file: string, type: string, open: boolean]>> = {
  "/": ["index.html", HTML, false],
  "/login": ["login.html", HTML, true],
  "/base.css": ["base.css", CSS, true],
  "/page.css": ["page.css", CSS, true],
  "/icon.svg": ["icon.svg", SVG, true],
};

/** The chart library's own files, in its package. */
const VENDOR: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/vendor/uplot.js": ["uplot/dist/uPlot.iife.min.js", SCRIPT],
  "/vendor/uplot.css": ["uplot/dist/uPlot.min.css", CSS],
};

/**
 * Every file of the page, by path, read once. Scripts are the modules of `page/`: in the package JavaScript, in the
 * repository TypeScript, of which the types are stripped as Node does it.
 */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const sources = new URL("../../sdk/admin/page/", import.meta.url);
  const modules = new URL("./page/", import.meta.url);
  const require = createRequire(import.meta.url);
  const files = new Map<string, PageFile>();
  for (const [path, [name, type, open]] of Object.entries(STATIC)) {
    files.set(path, pageFile(readFileSync(new URL(name, sources), "utf8"), type, open));
  }
  for (const [path, [name, type]] of Object.entries(VENDOR)) {
    files.set(path, pageFile(readFileSync(require.resolve(name), "utf8"), type, false));
  }
  for (const name of readdirSync(modules)) {
    if (!/^\w+\.(?:ts|js)$/.test(name)) continue;
    const text = readFileSync(new URL(name, modules), "utf8");
    const file = pageFile(name.endsWith(".ts") ? stripTypeScriptTypes(text) : text, SCRIPT, false);
    files.set(`/page/${name}`, file);
    // The document names the script as it is in the package.
    files.set(`/page/${name.replace(/\.ts$/, ".js")}`, file);
  }
  return files;
}

function pageFile(text: string, type: string, open: boolean): PageFile {
  const bytes = new TextEncoder().encode(text);
  return { type, bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url")}"`, open };
}
