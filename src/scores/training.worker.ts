import { parentPort, workerData } from "node:worker_threads";
import { runTraining, type TrainingRequest } from "./training.js";

// Told to the one that started the worker: {progress, step}, then {result}. A thrown error reaches it as the worker's "error".
const request: TrainingRequest = workerData;
const result = runTraining(request, (progress, step) => parentPort?.postMessage({ progress, step }));
parentPort?.postMessage({ result });
