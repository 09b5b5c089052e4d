/* SPDX-License-Identifier: MIT */
// Pictures for the screenshots: reads the PPM files that arena writes, writes and reads PNG files, without a package.
//
//   const picture = readPpm(fs.readFileSync('arena.ppm'));     // {width, height, pixels: RGB bytes, row by row}
//   fs.writeFileSync('arena.png', toPng(picture));
//   colorCount(picture)                                        // how many different colours: a blank picture has one

import zlib from 'node:zlib';

export function readPpm(data) {
    const head = data.subarray(0, 64).toString('latin1').match(/^P6\s(\d+)\s(\d+)\s255\s/);
    if (!head) throw new Error('not a PPM picture');
    const [width, height] = [Number(head[1]), Number(head[2])];
    const pixels = data.subarray(head[0].length);
    if (pixels.length !== width * height * 3) throw new Error(`a PPM picture with ${pixels.length} bytes of pixels`);
    return {width, height, pixels};
}

function paeth(left, up, corner) {
    const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** One row as differences to its neighbours, in the way (0..4 of the PNG standard) that leaves the smallest numbers. */
function filterRow(row, above) {
    let best = null;
    for (let kind = 0; kind < 5; kind++) {
        const out = Buffer.alloc(row.length + 1, kind);
        let sum = 0;
        for (let i = 0; i < row.length; i++) {
            const [left, up, corner] = [i < 3 ? 0 : row[i - 3], above[i], i < 3 ? 0 : above[i - 3]];
            const guess = [0, left, up, (left + up) >> 1, kind === 4 ? paeth(left, up, corner) : 0][kind];
            out[i + 1] = row[i] - guess;
            sum += Math.min(out[i + 1], 256 - out[i + 1]);
        }
        if (!best || sum < best.sum) best = {out, sum};
    }
    return best.out;
}

const crcTable = Uint32Array.from({length: 256}, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n >>> 0;
});

function chunk(name, data) {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 255];
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
    return out;
}

export function toPng({width, height, pixels}) {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([8, 2, 0, 0, 0], 8);
    const rows = [];
    for (let y = 0, above = Buffer.alloc(width * 3); y < height; y++) {
        const row = pixels.subarray(y * width * 3, (y + 1) * width * 3);
        rows.push(filterRow(row, above));
        above = row;
    }
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
        chunk('IDAT', zlib.deflateSync(Buffer.concat(rows), {level: 9})), chunk('IEND', Buffer.alloc(0))]);
}

export function colorCount({pixels}) {
    const colors = new Set();
    for (let i = 0; i < pixels.length; i += 3) colors.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
    return colors.size;
}
