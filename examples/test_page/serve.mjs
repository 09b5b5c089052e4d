/* SPDX-License-Identifier: MIT */
// The test page and the servers it can talk to, until Ctrl-C.
//
//   node examples/test_page/serve.mjs --native DIR --web DIR [--port N]      (./dev serve builds the two and calls it)
//
// DIR holds the example programs of a native and of a web build.

import path from 'node:path';
import {describe} from '../../tests/harness/process.mjs';
import {serveTestPage, startServer} from './pages.mjs';

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
    const program = path.join(options.native, 'echo_server');
    const ended = new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((name) => process.once(name, resolve)));
    const servers = [];
    try {
        servers.push(await startServer(program));
        servers.push(await startServer(program, protocols.flatMap((name) => ['--protocol', name])));
        const pages = await serveTestPage({...options, echo: [
            {name: 'echo server', url: servers[0].url, protocols: []},
            {name: `echo server with ${protocols.join(', ')}`, url: servers[1].url, protocols},
        ]});
        servers.forEach(({url}) => console.log(`echo server on ${url}`));
        console.log(`test page on ${pages.url}/ until Ctrl-C`);
        const early = servers.map(({server}) => server.exited.then((end) => `echo_server ended: ${describe(end)}`));
        const trouble = await Promise.race([ended, ...early]);
        if (typeof trouble === 'string' && trouble.startsWith('echo_server')) process.exitCode = 1;
        await pages.close();
        if (process.exitCode) console.error(`serve: ${trouble}`);
    } finally {
        await Promise.all(servers.map(({server}) => server.stop()));
    }
}

main().catch((error) => {
    console.error(`serve: ${error.message}`);
    process.exitCode = 1;
});
