/* SPDX-License-Identifier: MIT */
// What the suites about the example programs share.

import net from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {start} from './process.mjs';

/** What a server prints first; the group is its URL. */
export const listeningLine = /^listening on (wss?:\/\/\S+)$/;

/** What minimal_client prints on every runtime when all goes well. */
export const minimalTranscript = (url) => [
    `Connecting to ${url}...`, '> Sending test packet.', '< Got text data from server: Test packet',
    'WebSocket closed with code: 1000. Clean: true',
];

/** The peer in Python, for t.startPython; its own text says what it can do. */
export const pythonPeer = path.join(path.dirname(fileURLToPath(import.meta.url)), 'echo_websockets.py');

/** The server that docs/deploy.md speaks of (tests/native/deploy_server.c), on a free port unless `args` say another. */
export async function startDeployServer(t, args = []) {
    const program = start(path.join(t.buildDir('asan'), 'tests/deploy_server'), args);
    const [, url] = await program.line(listeningLine);
    return {program, port: new URL(url).port};
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort() {
    const listener = net.createServer();
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const {port} = listener.address();
    await new Promise((resolve) => listener.close(resolve));
    return port;
}
