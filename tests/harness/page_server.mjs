/* SPDX-License-Identifier: MIT */
// A small static file server for browser tests and the demo: a free port on 127.0.0.1, with the headers that make a
// page cross-origin isolated (shared memory works) and the types that browsers insist on.
//
//   const pages = await servePages({
//       '/build/': t.buildDir('web'),                        // a folder
//       '/index.html': {html: '<!doctype html>...'},         // a page made by the test
//       '/servers.json': {json: {...}},                      // data for a page
//   });
//   pages.url                                                // http://127.0.0.1:PORT, no slash at the end
//   await pages.close();

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const types = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css',
    '.wasm': 'application/wasm', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png',
    '.txt': 'text/plain; charset=utf-8',
};

const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': 'no-store',
};

/** The file a request means, or null: the longest matching mount wins, and nothing outside its folder is served. */
function locate(mounts, urlPath) {
    const names = Object.keys(mounts).filter((name) => name.endsWith('/') && urlPath.startsWith(name));
    names.sort((a, b) => b.length - a.length);
    for (const name of names) {
        const folder = path.resolve(mounts[name]);
        const file = path.resolve(folder, `./${urlPath.slice(name.length)}` || '.');
        if (file !== folder && !file.startsWith(folder + path.sep)) continue;
        const found = [file, path.join(file, 'index.html')].find((f) => fs.statSync(f, {throwIfNoEntry: false})?.isFile());
        if (found) return found;
    }
    return null;
}

function answer(mounts, request, response) {
    let urlPath;
    try {
        urlPath = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    } catch {
        return response.writeHead(400).end();
    }
    const made = mounts[urlPath === '/' && !('/' in mounts) ? '/index.html' : urlPath];
    if (made && typeof made === 'object') {
        const [type, body] = made.json ? ['.json', JSON.stringify(made.json)] : ['.html', made.html];
        return response.writeHead(200, {...headers, 'Content-Type': types[type]}).end(body);
    }
    if (urlPath === '/favicon.ico') return response.writeHead(204, headers).end();
    const file = locate(mounts, urlPath);
    if (!file) return response.writeHead(404, headers).end('not found\n');
    response.writeHead(200, {...headers, 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream'});
    fs.createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

/** Serves `mounts`: a key with a slash at its end names a folder, any other key one page as {html} or {json}. */
export async function servePages(mounts, {port = 0, host = '127.0.0.1'} = {}) {
    const server = http.createServer((request, response) => answer(mounts, request, response));
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
    });
    return {
        url: `http://${host}:${server.address().port}`,
        close: () => new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections?.();
        }),
    };
}
