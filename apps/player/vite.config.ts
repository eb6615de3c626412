import path from "node:path";
import { defaultClientConditions, defineConfig } from "vite";

const ROOT = path.join(import.meta.dirname, "../..");

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  logLevel: "warn",
  publicDir: false,
  resolve: {
    // The page is built from the repository's sources; elsewhere `weir` is an installed package.
    // p2p-media-loader's own bundle for browsers: its modules want a bundler to stand in for Node.js.
    conditions: ["p2pml:core-as-bundle", ...defaultClientConditions],
    alias: [{ find: /^weir\/(.+)$/, replacement: `${path.join(ROOT, "sdk")}/$1/index.ts` }],
  },
  build: {
    outDir: path.join(ROOT, "node_modules/.cache/weir/player"),
    emptyOutDir: true,
    target: "es2022",
    // A polyfill would be a script in the document, which the page's own policy refuses.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // hls.js is most of it.
    chunkSizeWarningLimit: 1_200,
    assetsInlineLimit: 0,
  },
});
