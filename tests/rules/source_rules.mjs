/* SPDX-License-Identifier: MIT */
// Rules about source text (reference/style-anchors.md section 11, design.md section 1). Each takes the repository and
// its file names, and answers a list of violations, one line each: "file:line: what".

import fs from 'node:fs';
import path from 'node:path';
import {isC, isLibrary, read, withoutComments} from './files.mjs';

/** Exceptions to the limits of length, each with its reason. Empty at a release. */
const longFunctions = new Map([]);
const longFiles = new Map([]);

export function publicDocstrings(root, names) {
    return names.filter((name) => /^include\/.*\.h$/.test(name)).flatMap((name) => {
        const lines = read(root, name).split('\n');
        return lines.flatMap((line, at) => {
            if (!line.startsWith('WSP_API ')) return [];
            const symbol = lines.slice(at, at + 3).join(' ').match(/\b(wsp_\w+)\s*\(/)?.[1] ?? line;
            let start = at - 1;
            if (!lines[start]?.trim().endsWith('*/')) return [`${name}:${at + 1}: ${symbol} has no docstring`];
            while (start > 0 && !lines[start].includes('/*')) start--;
            const comment = lines.slice(start, at);
            if (!comment[0].startsWith('/**')) return [`${name}:${at + 1}: ${symbol} has a comment, not a docstring`];
            const lacksErrors = line.startsWith('WSP_API wsp_result ') &&
                !comment.some((text) => /^ \* Errors\b/.test(text)) && !/[.;] Errors\b/.test(comment.join(' '));
            return lacksErrors ? [`${name}:${at + 1}: ${symbol} answers wsp_result, its docstring has no Errors line`] : [];
        });
    });
}

/** Functions of a file in the repository's format: the body's braces stand in column 0. */
export function functionsOf(text) {
    const lines = withoutComments(text).split('\n');
    const functions = [];
    let open = -1;
    lines.forEach((line, at) => {
        if (line.trimEnd() === '{') open = at;
        if (line.trimEnd() === '}' && open >= 0) {
            let first = open;
            while (first > 0 && /\S/.test(lines[first - 1]) && !/^[#}]|[;}]\s*$/.test(lines[first - 1])) first--;
            const name = lines.slice(first, open).join(' ').match(/(\w+)\s*\(/)?.[1] ?? '?';
            functions.push({name, line: first + 1, length: at - first + 1});
            open = -1;
        }
    });
    return functions;
}

export function lengths(root, names) {
    return names.filter((name) => /\.(c|h|js|mjs|cjs)$/.test(name)).flatMap((name) => {
        const text = read(root, name);
        const count = text.split('\n').length - 1;
        const long = count > 600 && !longFiles.has(name) ? [`${name}: ${count} lines, over 600`] : [];
        if (!name.endsWith('.c')) return long;
        const functions = functionsOf(text).filter((f) => f.length > 70 && !longFunctions.has(`${name}:${f.name}`));
        return [...long, ...functions.map((f) => `${name}:${f.line}: ${f.name} has ${f.length} lines, over 70`)];
    });
}

const roots = ['include', 'src_shared', 'src_native', 'src_web', 'examples'];
const plainC = ['assert', 'errno', 'float', 'inttypes', 'limits', 'math', 'stdalign', 'stdarg', 'stdbool', 'stddef', 'stdint',
    'stdlib', 'string'].map((name) => `${name}.h`);
/** What both backends, and the pure parts, may use of the C library: no stdio, no clock, no signals. */
const pureC = new Set(plainC.filter((name) => name !== 'errno.h'));

/** The arrows: who may include which of our folders, and which headers of the system. The first match counts. */
const arrows = [
    {from: /^include\//, ours: /^include\//, system: (header) => ['stdbool.h', 'stddef.h', 'stdint.h'].includes(header)},
    {from: /^src_shared\//, ours: /^(include|src_shared)\//, system: (header) => pureC.has(header)},
    {
        from: /^src_native\/protocol\//,
        ours: /^(include\/wspeer\/|src_native\/protocol\/|src_shared\/(?!backend\.h|multiplayer))/,
        system: (header, file) => pureC.has(header) ||
            (header.startsWith('openssl/') && file === 'src_native/protocol/accept_key.c') ||
            (header === 'zlib.h' && file.startsWith('src_native/protocol/permessage_deflate')),
    },
    {
        from: /^src_native\/net\//,
        ours: /^(include\/wspeer\/|src_native\/net\/|src_shared\/(?!backend\.h|multiplayer))/,
        system: (header, file) => pureC.has(header) || /\/(os|poller)_\w+\.c$/.test(file) ||
            (header.startsWith('openssl/') && /\/(stream_tls|tls_\w+)\.[ch]$/.test(file)),
    },
    {
        from: /^src_native\//, ours: /^(include|src_shared|src_native)\//,
        system: (header) => pureC.has(header) || header === 'stdio.h',
    },
    {
        from: /^src_web\//, ours: /^(include|src_shared|src_web)\//,
        system: (header) => pureC.has(header) || header.startsWith('emscripten'),
    },
    /* The scenarios themselves know the public headers; this file puts them onto the virtual network. */
    {
        from: /^tests\/scenarios\/network_virtual\.c$/, ours: /^(include|tests\/(scenarios|harness|simulation))\//,
        system: () => true,
    },
    {from: /^(examples|tests\/scenarios)\//, ours: /^(include|examples|tests\/(scenarios|harness))\//, system: () => true},
];

/** The repository's file that a quoted include means, or null. */
function resolveInclude(root, from, header) {
    const places = [path.posix.dirname(from), ...roots];
    return places.map((place) => path.posix.join(place, header)).find((name) => fs.existsSync(path.join(root, name))) ?? null;
}

export function includeArrows(root, names) {
    return names.filter(isC).flatMap((name) => {
        const rule = arrows.find(({from}) => from.test(name));
        if (!rule) return [];
        return read(root, name).split('\n').flatMap((line, at) => {
            const match = line.match(/^\s*#\s*include\s*(["<])([^">]+)[">]/);
            if (!match) return [];
            const [, kind, header] = match;
            const ours = kind === '"' ? resolveInclude(root, name, header) : null;
            if (kind === '"' && !ours) return [`${name}:${at + 1}: "${header}" is no file of ours`];
            const allowed = ours ? rule.ours.test(ours) : rule.system(header, name);
            return allowed ? [] : [`${name}:${at + 1}: may not include ${ours ?? `<${header}>`}`];
        });
    });
}

export function noPlatformConditions(root, names) {
    return names.filter((name) => isC(name) && /^src_shared\//.test(name)).flatMap((name) =>
        read(root, name).split('\n').flatMap((line, at) =>
            /^\s*#.*__EMSCRIPTEN__|^\s*#.*_WIN32|^\s*#.*__linux__/.test(line) ? [`${name}:${at + 1}: ${line.trim()}`] : []));
}

export function bannedCalls(root, names) {
    const banned = /\b(sprintf|vsprintf|strcpy|strcat|strncat|strtok|gets|alloca|atoi|atol|rand|srand)\s*\(/;
    return names.filter((name) => isC(name) && isLibrary(name)).flatMap((name) =>
        withoutComments(read(root, name)).split('\n').flatMap((line, at) => {
            const match = line.match(banned);
            return match ? [`${name}:${at + 1}: ${match[1]}`] : [];
        }));
}

/** Files that call the C library's allocator themselves, each with its reason. */
const ownMemory = new Map([
    ['src_shared/memory.c', 'it is the door'],
    ['src_native/net/os_posix_lookup.c', 'a lookup that was given up ends on its thread, where the program\'s allocator may not run'],
    ['src_native/net/os_posix_thread.c', 'a thread that was started may live until the process exits, as its handle'],
]);

/** Memory comes from memory.h alone, so that wsp_set_allocator sees all of it. */
export function memoryDoor(root, names) {
    const direct = /\b(malloc|calloc|realloc|free|strdup|strndup)\s*\(/;
    return names.filter((name) => isC(name) && isLibrary(name) && !ownMemory.has(name)).flatMap((name) =>
        withoutComments(read(root, name)).split('\n').flatMap((line, at) => {
            const match = line.match(direct);
            return match ? [`${name}:${at + 1}: ${match[1]}`] : [];
        }));
}

export function licenceLines(root, names) {
    return names.flatMap((name) => {
        const first = read(root, name).split('\n').slice(0, 3);
        if (/\.(c|h|js|mjs|cjs)$/.test(name)) {
            return first[0] === '/* SPDX-License-Identifier: MIT */' ? [] : [`${name}: the first line is not the SPDX line`];
        }
        const script = /(^|\/)(CMakeLists\.txt|dev)$|\.(cmake|py|sh)$|^\.ci\/run$|\.cmake\.in$/.test(name);
        return script && !first.includes('# SPDX-License-Identifier: MIT') ? [`${name}: no SPDX line`] : [];
    });
}

/** A .c file says first what its job is. */
export function fileComments(root, names) {
    return names.filter((name) => name.endsWith('.c') && isLibrary(name)).flatMap((name) => {
        const comment = read(root, name).split('\n').slice(1).join('\n').match(/^\s*\/\*[\s\S]*?\*\//)?.[0];
        return comment ? [] : [`${name}: no comment about the file's job below the SPDX line`];
    });
}

/** Each source file of the library is named by a test: by the test file's own name or in its text, as "file.c". */
export function everySourceHasATest(root, names) {
    const tests = names.filter((name) => /^tests\/(unit|native|web)\/.*\.(c|mjs)$/.test(name));
    const texts = tests.map((name) => read(root, name));
    return names.filter((name) => /^src_.*\.c$/.test(name)).flatMap((name) => {
        const stem = path.basename(name, '.c');
        const mention = new RegExp(`(^|[^\\w.-])${stem}\\.c\\b`);
        const found = tests.some((test) => path.basename(test).replace(/(_test\.c|\.test\.mjs)$/, '') === stem) ||
            texts.some((text) => mention.test(text));
        return found ? [] : [`${name}: no test is called ${stem}_test.c or names ${stem}.c`];
    });
}

export function repositorySize(root, names) {
    return names.flatMap((name) => {
        const size = fs.statSync(path.join(root, name)).size;
        return size > 512 * 1024 ? [`${name}: ${size} bytes, over 512 KB`] : [];
    });
}

export function lockFiles(root, names) {
    return names.filter((name) => name.endsWith('package-lock.json')).flatMap((name) =>
        read(root, name).includes('"resolved"') ? [`${name}: holds download addresses ("resolved")`] : []);
}
