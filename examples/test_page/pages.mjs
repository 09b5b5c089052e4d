/* SPDX-License-Identifier: MIT */
// Serves the test page with what it needs beside it: the programs of a web build, and the scenarios with their stage
// where a native build has it. Used by ./dev serve, ./dev demo and the tests.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {servePages} from '../../tests/harness/page_server.mjs';
import {start} from '../../tests/harness/process.mjs';
import {scenarioTexts} from '../../tests/harness/scenarios.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const examples = path.dirname(here);
const tests = path.resolve(here, '../../tests');
const preferredPort = 8060;

/** Starts a server program with `args` and waits until it listens: {program, url}. */
export async function startServer(program, args = []) {
    const server = start(program, [...args, '--port', '0']);
    const [, url] = await server.line(/^listening on (\S+)$/);
    return {server, url};
}

/** The address of the game's page, among the pages that serveTestPage serves, for a `multiplayer server`. */
export const gamePage = (pages, serverUrl) => `${pages.url}/multiplayer/?url=${encodeURIComponent(serverUrl)}`;

/**
 * `native` and `web` are the folders of example programs of two builds, `echo` the servers that the page offers:
 * [{name, url, protocols}], `chat` the URL of a server for the chat's page, or null. Without `port` it is the usual one,
 * or a free one where that is taken. Returns {url, close}.
 */
export async function serveTestPage({native, web, echo, chat = null, port = null}) {
    const stageProgram = path.resolve(native, '../tests/scenarios/scenario_stage');
    const scenarios = path.resolve(web, '../tests/scenarios');
    const hasScenarios = fs.existsSync(stageProgram) && fs.existsSync(path.join(scenarios, 'scenarios.js'));
    const stage = hasScenarios ? await startServer(stageProgram) : null;
    const mounts = {
        '/': here, '/chat/': path.join(examples, 'chat'), '/multiplayer/': path.join(examples, 'multiplayer'),
        '/program/': path.resolve(web), '/scenarios/': scenarios,
        '/texts/': path.join(tests, 'scenarios'), '/harness/': path.join(tests, 'harness'),
        '/servers.json': {json: {
            echo, chat, stage: stage?.url ?? null, topics: scenarioTexts().map(({topic}) => topic),
            ipv6: Object.values(os.networkInterfaces()).flat().some(({address}) => address === '::1'),
        }},
    };
    const pages = await (port === null ? servePages(mounts, {port: preferredPort}).catch(() => servePages(mounts))
        : servePages(mounts, {port}));
    return {
        url: pages.url,
        close: () => Promise.all([pages.close(), stage?.server.stop('SIGKILL')]),
    };
}
