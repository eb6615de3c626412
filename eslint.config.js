import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const NODE_GLOBALS = ["Buffer", "process", "global", "require", "module", "__dirname", "__filename", "setImmediate"];
const WORLD_GLOBALS = [
  ...["Date", "performance", "setTimeout", "setInterval", "queueMicrotask", "requestAnimationFrame", "console"],
  ...["fetch", "WebSocket", "XMLHttpRequest", "localStorage", "indexedDB", "document", "window", "navigator", "self"],
];

export default defineConfig(
  globalIgnores(["artifacts/", "cache/", "coverage/", "dist/", "types/", "sdk/abis/"]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/strict-boolean-expressions": ["error", { allowNullableObject: true, allowNumber: false }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      eqeqeq: "error",
      // Refusing control characters by range is what a parser of headers is for.
      "no-control-regex": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Export by name: a default export is renamed at every import.",
        },
        { selector: "TSEnumDeclaration", message: "Use a union of string literals." },
        { selector: "CatchClause[body.body.length=0]", message: "An error is handled, passed on or explained." },
      ],
    },
  },
  {
    // A library speaks through its return values and the logger it is given. What a browser may load knows no Node.
    files: ["sdk/**/*.ts"],
    rules: { "no-console": "error" },
  },
  {
    files: ["sdk/**/*.ts", "apps/*/src/**/*.ts"],
    ignores: ["sdk/relay/**", "sdk/servers/**", "sdk/admin/*", "sdk/cli/**"],
    rules: { "no-restricted-globals": ["error", ...NODE_GLOBALS] },
  },
  {
    // The two state machines learn time, chance and the world through their inputs.
    files: ["sdk/core/**/*.ts", "sdk/exchange/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", ...NODE_GLOBALS, ...WORLD_GLOBALS],
      "no-restricted-properties": ["error", { object: "Math", property: "random" }],
    },
  },
  {
    files: ["**/*.config.ts", "**/*.config.js"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    // Chai asserts by property access; fixtures know what they built.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: Object.fromEntries(["console", "process", "URL", "performance"].map((name) => [name, "readonly"])),
    },
  },
);
