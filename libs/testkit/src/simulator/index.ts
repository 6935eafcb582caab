export { DeviceSimulator, type SimulatorOptions } from './device-simulator.js';
export { ListRefused, verifyList, publicKeyOf, type Trust, type VerifiedList } from './list-verifier.js';
export { Refused } from './agent-http.js';
