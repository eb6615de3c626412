export { expressHandler } from "./expressHandler.ts";
export type { ExpressRequest } from "./expressHandler.ts";
export { fastifyPlugin } from "./fastifyPlugin.ts";
export type { FastifyLike } from "./fastifyPlugin.ts";
export { honoHandler } from "./honoHandler.ts";
export { listen } from "./listen.ts";
export type { ListenOptions, RelayServer } from "./listen.ts";
export { nodeListener } from "./nodeListener.ts";
export type { NodeListener } from "./nodeListener.ts";
