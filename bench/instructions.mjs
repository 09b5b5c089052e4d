/* SPDX-License-Identifier: MIT */
// User-space instructions that echo_server spends on a message: valgrind's count, which does not depend on what else the
// machine does.
//
//   node bench/instructions.mjs --tools DIR [--native build/release/examples] [--few 2000] [--many 10000]
//
// DIR holds wsload.c (the load generator). Each case is run with few and with many messages over ten connections; the
// difference leaves out what starting, connecting and ending cost. Printed: a table by case, with what was measured in the
// same way of uWebSockets 20.79 and of a minimal epoll server made for nothing but this (both built for AVX2).

import {runOk} from '../tests/harness/process.mjs';
import {buildLoad, makeTarget, parseArguments, startEcho} from './programs.mjs';

const connections = 10;
const columns = [
    {name: '20 B, 1 in flight', size: 20, depth: 1, uws: 605, floor: 268},
    {name: '20 B, 16 in flight', size: 20, depth: 16, uws: 311, floor: 178},
    {name: '512 B, 16 in flight', size: 512, depth: 16, uws: 472, floor: 298},
];
const engines = ['server', 'peers'];

/** All instructions of a run of the server with that many messages. */
async function count(load, options, engine, {size, depth}, messages) {
    const {program, port} = await startEcho(options.native, ['--engine', engine],
        ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null']);
    try {
        await runOk(load, ['-p', port, '-n', connections, '-s', size, '-d', depth, '-M', messages, '-w', 0, '-t', 120, '-H'],
            {timeout: 180});
    } finally {
        await program.stop();
    }
    const [, refs] = program.errorLines.join('\n').match(/I\s+refs:\s+([\d,]+)/) ?? [];
    if (!refs) throw new Error(`valgrind counted nothing${program.tail()}`);
    return Number(refs.replaceAll(',', ''));
}

async function measure(load, options, engine, column) {
    const few = await count(load, options, engine, column, options.few);
    const many = await count(load, options, engine, column, options.many);
    return Math.round((many - few) / (options.many - options.few));
}

const printRow = (name, cells) => console.log(name.padEnd(14) + cells.map((cell) => String(cell).padStart(22)).join(''));

async function main() {
    const options = parseArguments(process.argv.slice(2), {native: 'build/release/examples', few: 2000, many: 10000});
    const load = await buildLoad(options.tools, makeTarget());
    printRow('', columns.map((column) => column.name));
    for (const engine of engines) {
        const cells = [];
        for (const column of columns) cells.push(await measure(load, options, engine, column));
        printRow(engine, cells);
    }
    printRow('uWebSockets', columns.map((column) => column.uws));
    printRow('minimal', columns.map((column) => column.floor));
}

main().catch((error) => {
    console.error(`instructions: ${error.message}`);
    process.exitCode = 2;
});
