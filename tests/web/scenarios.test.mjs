/* SPDX-License-Identifier: MIT */
// The scenarios as wasm: under Node with the npm package ws as WebSocket, in Chromium and in Firefox, and some of them
// with all memory above 2 GiB. Their traces are judged by harness/scenarios.mjs: they are the native ones.

import os from 'node:os';
import path from 'node:path';
import {closeBrowser, hasBrowser, runProgramInPage} from '../harness/browser.mjs';
import {closeFirefox, hasFirefox, runProgramInFirefox} from '../harness/firefox.mjs';
import {run, start} from '../harness/process.mjs';
import {readScenarios} from '../harness/scenarios.mjs';
import {nodePreload} from '../harness/suite.mjs';

const seconds = 150;

const hasIpv6 = Object.values(os.networkInterfaces()).flat().some(({address}) => address === '::1');

export default async function (t) {
    t.onEnd(closeBrowser);
    t.onEnd(closeFirefox);
    const scenarios = readScenarios();
    const script = (name) => path.join(t.buildDir('web'), 'tests/scenarios', `${name}.js`);

    /** Runs against a stage of its own, so that nobody's connections are in another's way. */
    const onStage = async (play) => {
        const stage = start(path.join(t.buildDir('asan'), 'tests/scenarios/scenario_stage'), ['--port', 0]);
        const [, url] = await stage.line(/^listening on (\S+)$/);
        try {
            return await play(['--url', url, '--ipv6', hasIpv6 ? 1 : 0]);
        } finally {
            await stage.stop('SIGKILL');
        }
    };
    const underNode = (name, more = []) => onStage((args) =>
        run(process.execPath, ['-r', nodePreload, script(name), ...args, ...more], {timeout: seconds}));
    const inChromium = (name, more = []) => onStage((args) =>
        runProgramInPage({script: script(name), args: [...args, ...more], timeout: seconds}));
    const oftenReused = ['--rounds', 1000]; // Firefox, which is slower at it, and the test page do it 50 times.
    const above2GiB = ['--above-2gib', 1, 'messages'];

    scenarios.judge(t, 'node', () => underNode('scenarios', oftenReused));
    scenarios.judge(t, 'node', () => underNode('scenarios_4gb', above2GiB),
        {title: 'node above 2 GiB', topics: ['messages']});

    if (hasBrowser()) {
        scenarios.judge(t, 'chromium', () => inChromium('scenarios', oftenReused));
        scenarios.judge(t, 'chromium', () => inChromium('scenarios_4gb', above2GiB),
            {title: 'chromium above 2 GiB', topics: ['messages']});
    } else {
        t.skip('the scenarios in Chromium', 'chromium is not installed');
    }
    if (hasFirefox()) {
        scenarios.judge(t, 'firefox', () => onStage((args) =>
            runProgramInFirefox({script: script('scenarios'), args, timeout: seconds})));
    } else {
        t.skip('the scenarios in Firefox', 'firefox-esr is not installed');
    }
}
