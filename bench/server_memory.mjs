/* SPDX-License-Identifier: MIT */
// Memory per idle plain client of echo_server --engine server.
//
//   node bench/server_memory.mjs --tools DIR [--native build/release/examples] [--peers 10000] [--rounds 3]
//
// DIR holds wsload.c, the load generator. The server is a fresh process in every round. Printed: the bytes of resident
// memory per client of each round and the median. The exit status is 1 when that is above 512, the limit the project has
// set itself.

import {buildLoad, makeTarget, measureIdle, median, parseArguments, startEcho} from './programs.mjs';

const limit = 512;

async function main() {
    const options = parseArguments(process.argv.slice(2), {native: 'build/release/examples', peers: 10000, rounds: 3});
    const wsload = await buildLoad(options.tools, makeTarget());
    const seen = [];
    for (let round = 1; round <= options.rounds; round++) {
        const server = await startEcho(options.native, ['--engine', 'server']);
        seen.push(await measureIdle(wsload, server, options.peers));
        console.log(`round ${round}: ${seen.at(-1)} bytes per idle client`);
    }
    console.log(`median: ${median(seen)} bytes per idle client, ${options.peers} of them`);
    process.exitCode = median(seen) > limit ? 1 : 0;
}

main().catch((error) => {
    console.error(`server_memory: ${error.message}`);
    process.exitCode = 2;
});
