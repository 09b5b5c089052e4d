/* SPDX-License-Identifier: MIT */
// Linked in front of each web example (--pre-js): in a page the program's arguments are those of the query,
// page.html?arg=ws://127.0.0.1:9080, unless the page has set Module.arguments. Under Node they are the command line's.
if (typeof location == 'object' && location.search && !Module['arguments']) {
    Module['arguments'] = new URLSearchParams(location.search).getAll('arg');
}
