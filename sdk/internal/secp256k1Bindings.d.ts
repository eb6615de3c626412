/** The native half of the package, which throws where there is no native build instead of falling back to JavaScript. */
declare module "secp256k1/bindings.js" {
  const bindings: typeof import("secp256k1");
  export { bindings as default };
}
