/* SPDX-License-Identifier: MIT */
// The scenarios natively: over real sockets, on the virtual network, and on virtual networks drawn from seeds, which no
// trace may show. Their traces are judged by harness/scenarios.mjs; the web's turn is web/scenarios.test.mjs.

import assert from 'node:assert/strict';
import path from 'node:path';
import {readScenarios} from '../harness/scenarios.mjs';
import {run} from '../harness/process.mjs';

const seconds = 150;

export default async function (t) {
    const scenarios = readScenarios();
    const start = (name, args = []) =>
        run(path.join(t.buildDir('asan'), 'tests/scenarios', name), args, {timeout: seconds});
    const historyOf = ({lines}) => lines.at(-1).match(/^history [0-9a-f]{16}$/)[0];

    scenarios.judge(t, 'native', () => start('scenarios'));
    scenarios.judge(t, 'virtual', () => start('scenarios_virtual'));
    for (const seed of [1, 2]) {
        scenarios.judge(t, 'varied', () => start('scenarios_virtual', ['--vary', seed]), {title: `varied ${seed}`});
    }
    t.test('one seed gives one history', async () => {
        const runs = [await start('scenarios_virtual', ['--seed', 7, 'closing']),
            await start('scenarios_virtual', ['--seed', 7, 'closing']),
            await start('scenarios_virtual', ['--seed', 8, 'closing'])];
        const [first, again, other] = runs.map(historyOf);
        assert.equal(first, again);
        assert.notEqual(first, other);
    }, {timeout: seconds});
}
