/* SPDX-License-Identifier: MIT */
// Memory per idle plain client of echo_server --engine server.
//
//   node bench/server_memory.mjs --tools DIR [--native build/release/examples] [--peers 10000] [--rounds 3]
//
// DIR holds wsload.c, the load generator. The server is a fresh process in every round. Printed: the bytes of resident
// memory per client of each round and the median. The exit status is 1 when that is above 512, the limit the project has
// set itself.

import fs from 'node:fs';
import path from 'node:path';
import {listeningLine} from '../tests/harness/examples.mjs';
import {runOk, start} from '../tests/harness/process.mjs';

const limit = 512;

function parseArguments(args) {
    const options = {tools: '', native: 'build/release/examples', peers: 10000, rounds: 3};
    for (let i = 0; i < args.length; i += 2) {
        const name = args[i].replace(/^--/, '');
        if (!(name in options) || args[i + 1] === undefined) throw new Error(`unknown option ${args[i]}`);
        options[name] = typeof options[name] === 'number' ? Number(args[i + 1]) : args[i + 1];
    }
    if (!options.tools) throw new Error('--tools DIR is needed');
    return options;
}

/** Bytes of resident memory per client. */
async function measure(target, {native, peers}) {
    const server = start(path.join(native, 'echo_server'), ['--engine', 'server', '--bind', '127.0.0.1', '--port', '0']);
    const [, url] = await server.line(listeningLine);
    const load = await runOk(`${target}/wsload`, ['-m', 'idle', '-n', peers, '-p', new URL(url).port, '-P', server.pid,
        '-t', 1, '-H'], {timeout: 300});
    await server.stop();
    const [, bytes] = load.lines.join('\n').match(/rss_bytes_per_conn=(\d+)/) ?? [];
    if (!bytes) throw new Error(`wsload said ${load.lines.join('\n')}`);
    return Number(bytes);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
    const options = parseArguments(process.argv.slice(2));
    const target = path.resolve('build/bench');
    fs.mkdirSync(target, {recursive: true});
    await runOk('cc', ['-O3', '-o', `${target}/wsload`, `${options.tools}/wsload.c`, '-ldl']);
    const seen = [];
    for (let round = 1; round <= options.rounds; round++) {
        seen.push(await measure(target, options));
        console.log(`round ${round}: ${seen.at(-1)} bytes per idle client`);
    }
    console.log(`median: ${median(seen)} bytes per idle client, ${options.peers} of them`);
    process.exitCode = median(seen) > limit ? 1 : 0;
}

main().catch((error) => {
    console.error(`server_memory: ${error.message}`);
    process.exitCode = 2;
});
