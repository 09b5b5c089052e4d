/* SPDX-License-Identifier: MIT */
// The other side of glue_network.c: a server of the npm package ws that behaves as the path says.
//
//   /echo                          sends everything back; of the subprotocols offered it takes the last
//   /no-protocol                   takes none of them
//   /refuse                        answers the handshake with 403
//   /flood?count=N&size=S&code=C   sends N numbered binary messages, then closes with C (none: stays)
//   /close?code=C&reason=R         closes at once; C 0: without a code, C -1: drops the TCP connection
//   /stall?key=K                   reads nothing until somebody asks for /resume?key=K
//   /report?key=K                  sends "CODE REASON", how the client of the connection with that key closed it
// A connection with ?key=K is remembered for /resume and /report.

import http from 'node:http';
import {createRequire} from 'node:module';

const {WebSocketServer} = createRequire(import.meta.url)('ws');

function flood(socket, query) {
    const message = Buffer.alloc(Number(query.get('size')));
    for (let i = 0; i < Number(query.get('count')); i++) {
        message.writeUInt32LE(i);
        socket.send(Buffer.from(message));
    }
    if (query.has('code')) socket.close(Number(query.get('code')), 'flooded');
}

function close(socket, query) {
    const code = Number(query.get('code'));
    if (code < 0) socket.terminate();
    else if (code === 0) socket.close();
    else socket.close(code, query.get('reason') ?? '');
}

/** {url, close()}; `deflate` makes the server accept permessage-deflate. */
export async function glueServer({deflate = false} = {}) {
    const remembered = new Map(); // key -> {socket, closed: a promise of "CODE REASON"}
    const sockets = new WebSocketServer({
        noServer: true,
        maxPayload: 1 << 28,
        perMessageDeflate: deflate && {threshold: 0},
        handleProtocols: (offered, request) => !request.url.startsWith('/no-protocol') && [...offered].at(-1),
    });
    const behaviours = {
        '/echo': (socket) => socket.on('message', (data, isBinary) => socket.send(data, {binary: isBinary})),
        '/no-protocol': () => {},
        '/flood': flood,
        '/close': close,
        '/stall': (socket) => socket.pause(),
        '/resume': (socket, query) => remembered.get(query.get('key'))?.socket.resume(),
        '/report': async (socket, query) => socket.send(await remembered.get(query.get('key')).closed),
    };
    sockets.on('connection', (socket, request) => {
        const url = new URL(request.url, 'ws://localhost');
        socket.on('error', () => {}); // A client that is dropped in the middle of a frame.
        const closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve(`${code} ${reason}`)));
        if (url.searchParams.has('key') && !remembered.has(url.searchParams.get('key'))) {
            remembered.set(url.searchParams.get('key'), {socket, closed});
        }
        behaviours[url.pathname](socket, url.searchParams);
    });
    const server = http.createServer((request, response) => response.writeHead(426).end());
    server.on('upgrade', (request, socket, head) => {
        if (request.url.startsWith('/refuse')) return socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return {
        url: `ws://127.0.0.1:${server.address().port}`,
        close: () => new Promise((resolve) => {
            sockets.clients.forEach((client) => client.terminate());
            server.close(resolve);
            server.closeAllConnections();
        }),
    };
}
