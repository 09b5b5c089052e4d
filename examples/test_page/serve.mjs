/* SPDX-License-Identifier: MIT */
// The test page, the pages of the chat and of the game, and the servers they can talk to, until Ctrl-C.
//
//   node examples/test_page/serve.mjs --native DIR --web DIR [--port N]      (./dev serve builds the two and calls it)
//
// DIR holds the example programs of a native and of a web build.

import path from 'node:path';
import {describe} from '../../tests/harness/process.mjs';
import {gamePage, serveTestPage, startServer} from './pages.mjs';

const protocols = ['chat', 'superchat'];

function parseArguments(args) {
    const options = {port: null};
    for (let i = 0; i < args.length; i += 2) {
        const name = args[i].replace(/^--/, '');
        if (!['native', 'web', 'port'].includes(name) || args[i + 1] === undefined) throw new Error(`bad option ${args[i]}`);
        options[name] = name === 'port' ? Number(args[i + 1]) : args[i + 1];
    }
    if (!options.native || !options.web) throw new Error('usage: serve.mjs --native DIR --web DIR [--port N]');
    return options;
}

async function main() {
    const options = parseArguments(process.argv.slice(2));
    const echoServer = path.join(options.native, 'echo_server');
    const ended = new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((name) => process.once(name, resolve)));
    const servers = [];
    try {
        servers.push(await startServer(echoServer));
        servers.push(await startServer(echoServer, protocols.flatMap((name) => ['--protocol', name])));
        servers.push(await startServer(path.join(options.native, 'chat'), ['server']));
        servers.push(await startServer(path.join(options.native, 'multiplayer'), ['server']));
        const pages = await serveTestPage({...options, chat: servers[2].url, echo: [
            {name: 'echo server', url: servers[0].url, protocols: []},
            {name: `echo server with ${protocols.join(', ')}`, url: servers[1].url, protocols},
        ]});
        ['echo server', 'echo server with subprotocols', 'chat server', 'game server'].forEach((name, at) =>
            console.log(`${name} on ${servers[at].url}`));
        console.log(`chat page on ${pages.url}/chat/`);
        console.log(`game page on ${gamePage(pages, servers[3].url)}`);
        console.log(`test page on ${pages.url}/ until Ctrl-C`);
        await Promise.race([ended, ...servers.map(({server}) => server.exited.then((end) => {
            throw new Error(`${server.name}: ${describe(end)}`);
        }))]);
        await pages.close();
    } finally {
        await Promise.all(servers.map(({server}) => server.stop()));
    }
}

main().catch((error) => {
    console.error(`serve: ${error.message}`);
    process.exit(1);
});
