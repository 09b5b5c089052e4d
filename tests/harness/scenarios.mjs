/* SPDX-License-Identifier: MIT */
// Judges the traces of tests/scenarios: a case for each scenario and runtime.
//
//   const scenarios = readScenarios();
//   scenarios.judge(t, 'native', () => run(program));     // {code, lines} of a scenarios program
//
// What a scenario has to leave is in tests/scenarios/TOPIC.txt:
//
//   === NAME [native] [timed] [bulk]    on native runtimes only; not on a varied network (scenario.h)
//   a line of the trace, on every runtime
//   @native a line of native runtimes
//   @web    a line of the web runtimes; also @node, @chromium, @firefox
//   # a remark
//
// Lines that are not for every runtime may stand in differences.txt alone: there is no difference beside those.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {describe} from './process.mjs';
import {root} from './suite.mjs';

/** What a runtime is called in the texts, the most general name first. */
const namesOf = {
    native: ['native'], virtual: ['native'], varied: ['native'],
    node: ['web', 'node'], chromium: ['web', 'chromium'], firefox: ['web', 'firefox'],
};

function readTopic(file) {
    const topic = path.basename(file, '.txt');
    const scenarios = [];
    for (const [at, line] of fs.readFileSync(file, 'utf8').split('\n').entries()) {
        if (line === '' || line.startsWith('# ')) continue;
        const head = line.match(/^=== ([^[]+?)((?: \[\w+\])*)$/);
        if (head) {
            scenarios.push({topic, name: head[1], tags: head[2].match(/\w+/g) ?? [], lines: []});
            continue;
        }
        const [, only, text] = line.match(/^@(\w+) +(.*)$/) ?? [null, null, line];
        if (only && topic !== 'differences') throw new Error(`${file}:${at + 1}: a difference outside of differences.txt`);
        if (only && !Object.values(namesOf).some((names) => names.includes(only))) {
            throw new Error(`${file}:${at + 1}: no runtime is called ${only}`);
        }
        scenarios.at(-1).lines.push({only, text});
    }
    return scenarios;
}

/** What a program printed, by scenario: {verdict, why, trace}. */
function readRun(lines) {
    const seen = new Map();
    let current = null;
    for (const line of lines) {
        const verdict = line.match(/^(ok|not ok|skip) ([^:]+?)(?:: (.*))?$/);
        if (line.startsWith('begin ')) {
            current = {verdict: 'not ok', why: 'the program ended in it', trace: []};
            seen.set(line.slice(6), current);
        } else if (line.startsWith('  ')) {
            current?.trace.push(line.slice(2));
        } else if (verdict && current) {
            [, current.verdict, , current.why = ''] = verdict;
        }
    }
    return seen;
}

function compare(expected, trace) {
    const at = expected.findIndex((line, i) => line !== trace[i]);
    const first = at >= 0 ? at : expected.length;
    if (at < 0 && trace.length === expected.length) return;
    throw new Error([`line ${first + 1} of the trace is ${JSON.stringify(trace[first])}, ` +
        `expected ${JSON.stringify(expected[first])}`, ...trace.map((line, i) => `${i === first ? '>' : ' '} ${line}`)].join('\n'));
}

class Scenarios {
    constructor(list) {
        this.list = list;
    }

    /** The scenarios that run there, those of some topics only, each with its trace. */
    of(runtime, topics = null) {
        const names = namesOf[runtime];
        return this.list.filter(({topic, tags}) => (!topics || topics.includes(topic)) &&
            tags.every((tag) => ['timed', 'bulk'].includes(tag) ? runtime !== 'varied' : names.includes(tag)))
            .map(({name, lines}) => ({
                name, trace: lines.filter(({only}) => !only || names.includes(only)).map(({text}) => text),
            }));
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
                if (end.verdict === 'not ok') throw new Error([end.why, ...end.trace].join('\n'));
                if (end.verdict === 'skip') console.log(`note: ${title} skipped ${name}: ${end.why}`);
                else compare(trace, end.trace);
            });
        }
    }
}

export function readScenarios() {
    const folder = path.join(root, 'tests/scenarios');
    const files = fs.readdirSync(folder).filter((name) => name.endsWith('.txt') && name !== 'CMakeLists.txt').sort();
    return new Scenarios(files.flatMap((name) => readTopic(path.join(folder, name))));
}
