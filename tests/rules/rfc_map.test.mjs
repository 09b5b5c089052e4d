/* SPDX-License-Identifier: MIT */
// docs/rfc6455-map.md names, for every requirement of RFC 6455, where it is met and a test of it: do those exist?

import path from 'node:path';
import {listFiles, read} from './files.mjs';

const map = 'docs/rfc6455-map.md';
const levels = ['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT'];
const people = ['client', 'server', 'both', '-', 'open'];

/** How often each section of the RFC says one of the levels in a requirement: no row may get lost. */
const requirements = {
    '3': 2,
    '4.1': 42,
    '4.2.1': 2,
    '4.2.2': 10,
    '4.3': 1,
    '4.4': 1,
    '5.1': 4,
    '5.2': 10,
    '5.3': 4,
    '5.4': 10,
    '5.5': 2,
    '5.5.1': 8,
    '5.5.2': 2,
    '5.6': 1,
    '5.8': 1,
    '6.1': 8,
    '6.2': 5,
    '7.1.1': 4,
    '7.1.2': 2,
    '7.1.7': 6,
    '7.2.1': 3,
    '7.2.2': 1,
    '7.2.3': 3,
    '7.3': 1,
    '7.4.1': 4,
    '8.1': 1,
    '9': 2,
    '9.1': 5,
    '10.2': 2,
    '10.3': 1,
    '10.4': 2,
    '10.6': 2,
    '10.7': 3,
    '11.1.1': 2,
    '11.1.2': 2,
    '11.3.1': 1,
    '11.3.2': 1,
    '11.3.3': 1,
    '11.3.4': 1,
    '11.3.5': 1,
};

/** The rows of all tables: {line, section, level, who, where, tests: [[file, case]]}. */
function readRows(text) {
    return text.split('\n').flatMap((line, i) => {
        const cells = line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim());
        if (cells.length !== 6 || cells[0] === '§' || cells[0].startsWith('---')) return [];
        const [section, level, , who, where, named] = cells;
        const tests = [...named.matchAll(/`([\w./-]+): ([^`]+)`/g)].map(([, file, name]) => [file, name]);
        return [{line: i + 1, section: section.split(' ')[0], level, who, where, tests}];
    });
}

function faultsOf(row, root, names, tests) {
    const faults = [];
    if (!levels.includes(row.level)) faults.push(`no level: ${row.level}`);
    if (!people.includes(row.who)) faults.push(`nobody: ${row.who}`);
    const isOurs = ['client', 'server', 'both'].includes(row.who);
    if (isOurs && !names.includes(row.where)) faults.push(`no file ${row.where}`);
    if (row.who === 'open' && row.where && !names.includes(row.where)) faults.push(`no file ${row.where}`);
    if (row.who === '-' && !row.where) faults.push('not ours, and nobody is named');
    if (isOurs && row.tests.length === 0) faults.push('no test');
    for (const [file, name] of row.tests) {
        const found = tests.get(file);
        if (!found) faults.push(`no test file ${file}`);
        else if (!read(root, found).includes(name)) faults.push(`${found} has no case "${name}"`);
    }
    return faults.map((fault) => `${map}:${row.line}: ${fault}`);
}

function fail(violations) {
    if (violations.length > 0) throw new Error([`${violations.length} violations`, ...violations].join('\n'));
}

export default function (t) {
    const names = listFiles(t.root);
    const rows = readRows(read(t.root, map));
    const tests = new Map(names.filter((name) => name.startsWith('tests/')).map((name) => [path.basename(name), name]));

    t.test('every requirement of RFC 6455 names a file and a test that exist', () => {
        fail(rows.flatMap((row) => faultsOf(row, t.root, names, tests)));
    });
    t.test('no requirement of RFC 6455 is missing from the map', () => {
        const counts = {};
        for (const {section} of rows) counts[section] = (counts[section] ?? 0) + 1;
        const sections = new Set([...Object.keys(requirements), ...Object.keys(counts)]);
        fail(
            [...sections]
                .filter((section) => counts[section] !== requirements[section])
                .map(
                    (section) =>
                        `section ${section}: ${counts[section] ?? 0} rows, ${requirements[section] ?? 0} requirements`,
                ),
        );
    });
    t.test('what is open or deviates is explained', () => {
        const deviations = read(t.root, map).split('## Deviations')[1] ?? '';
        fail(
            rows
                .filter(({who}) => who === 'open')
                .filter(({section}) => !deviations.includes(section.split('.').slice(0, 2).join('.')))
                .map(({line, section}) => `${map}:${line}: ${section} is open and not among the deviations`),
        );
    });
}
