/* SPDX-License-Identifier: MIT */
// Judges the traces of tests/scenarios: a case for each scenario and runtime. What a trace has to be: scenario_traces.mjs.
//
//   const scenarios = readScenarios();
//   scenarios.judge(t, 'native', () => run(program));     // {code, lines} of a scenarios program

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {describe} from './process.mjs';
import {RunReader, findFault, parseTopic, selectFor} from './scenario_traces.mjs';
import {root} from './suite.mjs';

function readRun(lines) {
    const reader = new RunReader();
    lines.forEach((line) => reader.take(line));
    return reader.seen;
}

class Scenarios {
    constructor(list) {
        this.list = list;
    }

    /** The scenarios that run there, those of some topics only, each with its trace. */
    of(runtime, topics = null) {
        return selectFor(this.list, runtime, topics);
    }

    /** A case for each scenario, and one for the run. `title` stands in front of the names. */
    judge(t, runtime, run, {title = runtime, topics = null, timeout = 150} = {}) {
        let started;
        const result = () => {
            started ??= run().then((end) => ({...end, seen: readRun(end.lines)}));
            return started;
        };
        const expected = this.of(runtime, topics);
        t.test(`${title} runs the scenarios it should`, async () => {
            const {seen, code, signal = null, error = null, errorLines = []} = await result();
            assert.ok(code === 0 || code === 1, [describe({code, signal, error}), ...errorLines.slice(-20)].join('\n'));
            const names = expected.map(({name}) => name);
            assert.deepEqual([...seen.keys()].filter((name) => !names.includes(name)), [], 'not in the texts');
            assert.deepEqual(names.filter((name) => !seen.has(name)), [], 'did not run');
        }, {timeout});
        for (const {name, trace} of expected) {
            t.test(`${title} ${name}`, async () => {
                const end = (await result()).seen.get(name);
                assert.ok(end, 'it did not run');
                const fault = findFault(trace, end);
                if (fault) throw new Error(fault);
                if (end.verdict === 'skip') console.log(`note: ${title} skipped ${name}: ${end.why}`);
            });
        }
    }
}

/** The files that hold the texts of the scenarios, by topic. */
export function scenarioTexts() {
    const folder = path.join(root, 'tests/scenarios');
    const files = fs.readdirSync(folder).filter((name) => name.endsWith('.txt') && name !== 'CMakeLists.txt').sort();
    return files.map((name) => ({topic: path.basename(name, '.txt'), file: path.join(folder, name)}));
}

export function readScenarios() {
    return new Scenarios(scenarioTexts().flatMap(({topic, file}) => parseTopic(topic, fs.readFileSync(file, 'utf8'))));
}
