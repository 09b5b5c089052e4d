/* SPDX-License-Identifier: MIT */
// Preloaded (node -r) for wasm programs under Node: supplies the browser's WebSocket from the npm package ws, since
// Node 18 and 20 have none; without its limit of 16,384 fragments for a message, as browsers have none. Emscripten 3.1.6
// takes a global fetch for a browser's and would hand it a file's path.
'use strict';

delete globalThis.fetch;
globalThis.WebSocket = class WebSocket extends require('ws') {
    constructor(url, protocols) {
        super(url, protocols, {maxFragments: 0});
    }
};
