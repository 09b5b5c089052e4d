/* SPDX-License-Identifier: MIT */
// What a scenario has to leave, and whether it did. Pure, and also read by the test page in a browser
// (examples/test_page); scenarios.mjs makes cases of it.
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

/** What a runtime is called in the texts, the most general name first. */
const namesOf = {
    native: ['native'], virtual: ['native'], varied: ['native'],
    node: ['web', 'node'], chromium: ['web', 'chromium'], firefox: ['web', 'firefox'],
};

/** The scenarios of a topic's text: {topic, name, tags, lines}. */
export function parseTopic(topic, text) {
    const scenarios = [];
    for (const [at, line] of text.split('\n').entries()) {
        if (line === '' || line.startsWith('# ')) continue;
        const head = line.match(/^=== ([^[]+?)((?: \[\w+\])*)$/);
        if (head) {
            scenarios.push({topic, name: head[1], tags: head[2].match(/\w+/g) ?? [], lines: []});
            continue;
        }
        const [, only, words] = line.match(/^@(\w+) +(.*)$/) ?? [null, null, line];
        const place = `${topic}.txt:${at + 1}`;
        if (only && topic !== 'differences') throw new Error(`${place}: a difference outside of differences.txt`);
        if (only && !Object.values(namesOf).some((names) => names.includes(only))) {
            throw new Error(`${place}: no runtime is called ${only}`);
        }
        scenarios.at(-1).lines.push({only, text: words});
    }
    return scenarios;
}

/** Those of a list that run on a runtime, those of some topics only, each with its trace: {topic, name, trace}. */
export function selectFor(list, runtime, topics = null) {
    const names = namesOf[runtime];
    return list.filter(({topic, tags}) => (!topics || topics.includes(topic)) &&
        tags.every((tag) => ['timed', 'bulk'].includes(tag) ? runtime !== 'varied' : names.includes(tag)))
        .map(({topic, name, lines}) => ({
            topic, name, trace: lines.filter(({only}) => !only || names.includes(only)).map(({text}) => text),
        }));
}

/** What a program printed, by scenario: {verdict, why, trace}. Feed it lines; `seen` is up to date after each. */
export class RunReader {
    constructor() {
        this.seen = new Map();
        this.current = null;
    }

    /** Returns the name of the scenario that this line ended, or null. */
    take(line) {
        const verdict = line.match(/^(ok|not ok|skip) ([^:]+?)(?:: (.*))?$/);
        if (line.startsWith('begin ')) {
            this.current = {verdict: 'not ok', why: 'the program ended in it', trace: []};
            this.seen.set(line.slice(6), this.current);
        } else if (line.startsWith('  ')) {
            this.current?.trace.push(line.slice(2));
        } else if (verdict && this.current) {
            [, this.current.verdict, , this.current.why = ''] = verdict;
            return verdict[2];
        }
        return null;
    }
}

/** Why a scenario's end (of RunReader) is not what was expected, or null. A skipped one is as expected. */
export function findFault(expected, {verdict, why, trace}) {
    if (verdict === 'skip') return null;
    if (verdict !== 'ok') return [why, ...trace].join('\n');
    const at = expected.findIndex((line, i) => line !== trace[i]);
    const first = at >= 0 ? at : expected.length;
    if (at < 0 && trace.length === expected.length) return null;
    return [`line ${first + 1} of the trace is ${JSON.stringify(trace[first])}, ` +
        `expected ${JSON.stringify(expected[first])}`, ...trace.map((line, i) => `${i === first ? '>' : ' '} ${line}`)].join('\n');
}
