import { setKeccak256 } from "../../sdk/core/index.ts";
import { loadFastKeccak256 } from "../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../sdk/internal/nativeSecp256k1.ts";
import { simulateHours } from "./simulateHours.ts";
import type { SimulationOptions } from "./simulateHours.ts";

// The options are the argument, as JSON; what was found goes to standard output.
const options = JSON.parse(process.argv[2] ?? "") as Omit<SimulationOptions, "secp256k1">;
setKeccak256(await loadFastKeccak256());
const { backend } = await loadFastSecp256k1();
console.log(JSON.stringify(await simulateHours({ ...options, secp256k1: backend })));
