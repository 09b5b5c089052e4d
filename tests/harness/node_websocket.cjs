/* SPDX-License-Identifier: MIT */
// Preloaded (node -r) for wasm programs under Node: supplies the browser's WebSocket from the npm package ws, since
// Node 18 and 20 have none. Emscripten 3.1.6 takes a global fetch for a browser's and would hand it a file's path.
'use strict';

delete globalThis.fetch;
globalThis.WebSocket = require('ws');
