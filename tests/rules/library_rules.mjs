/* SPDX-License-Identifier: MIT */
// Rules about the compiled library: its symbols, its writable data, its size. They read what nm and size say of
// build/release/libwspeer.a.

import {runOk} from '../harness/process.mjs';

/**
 * The process-wide writable data of the native library, by "object: symbol", each with its reason. Anything else is a
 * violation, and so is an entry that the library does not have.
 */
const writableData = new Map([
    ['log.c: process', 'the log hook of base.h'],
    ['memory.c: process', 'the allocator hook of base.h'],
    ['tls_options.c: last_error', 'wsp_tls_last_error, one per thread'],
    ['tls_trust.c: trust', 'the authorities that the system trusts, read once for all'],
    ['os_posix_lookup.c: pool', 'name lookups that wait for one of a few threads; getaddrinfo blocks'],
]);

/** Sections that can be written while the program runs; .data.rel.ro is read-only once the program is loaded. */
function isWritable(section) {
    return /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/.test(section) && !section.startsWith('.data.rel.ro');
}

/** The archive's symbols: {object, name, global, section}. */
async function symbols(archive) {
    const {lines} = await runOk('nm', ['-f', 'sysv', archive]);
    let object = '';
    return lines.flatMap((line) => {
        const head = line.match(/^(?:Symbols from|Undefined symbols from) .*\[(.+)\]:$/);
        if (head) object = head[1].replace(/\.o$/, '');
        const columns = line.split('|').map((column) => column.trim());
        if (columns.length < 7 || columns[0] === 'Name' || columns[6] === '*UND*') return [];
        return [{object, name: columns[0], kind: columns[2], section: columns[6]}];
    });
}

export async function globalNames(archive) {
    const all = await symbols(archive);
    const globals = all.filter(({kind}) => /^[A-Z]$/.test(kind));
    if (globals.length === 0) throw new Error(`nm found no global symbol in ${archive}`);
    return globals.filter(({name}) => !/^wspi?_/.test(name)).map(({object, name}) => `${object}: ${name}`);
}

export async function writableGlobals(archive) {
    const seen = (await symbols(archive))
        .filter(({name, section}) => name && !name.startsWith('.') && isWritable(section))
        // A static variable inside a function is called name.N.
        .map(({object, name}) => `${object}: ${name.replace(/\.\d+$/, '')}`);
    const unknown = seen.filter((entry) => !writableData.has(entry)).map((entry) => `${entry} is writable data`);
    const gone = [...writableData.keys()].filter((entry) => !seen.includes(entry));
    return [...unknown, ...gone.map((entry) => `${entry} is in the allow list, but not in the library`)];
}

/** Bytes of text of the whole archive. */
export async function textSize(archive) {
    const {lines} = await runOk('size', ['-t', archive]);
    const total = lines.find((line) => line.includes('(TOTALS)'));
    return Number(total.trim().split(/\s+/)[0]);
}
