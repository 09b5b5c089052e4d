/* SPDX-License-Identifier: MIT */
/*
 * The web backend's glue: a JavaScript library for the Emscripten linker (--js-library).
 *
 * Events of the browser only append to a queue in JavaScript; wasm is never entered from here. C calls in, once per
 * poll, and takes what is ready. src_web/js_imports.h describes each function from C's side.
 *
 * The form is the one that every supported SDK, Closure and each link mode accept: functions spelt out, no macros, no
 * file-level variables, nothing of the runtime but HEAPU8, which is named anew in each call because memory growth
 * replaces it. With threads everything runs on the main runtime thread (__proxy), where events arrive whatever C's
 * thread does. An address above 2 GiB arrives negative on wasm32.
 */
mergeInto(LibraryManager.library, {
  $WSPEER: {
    links: {}, /* by id; no id is used twice */
    lastId: 0,
    plain: false, /* whether the browser takes views of wasm memory: it refuses shared and resizable memory */
    decoder: null,
    encoder: null,

    address: function(p) {
      return p < 0 ? p + 4294967296 : p;
    },

    /* The UTF-8 text at p. A loop beats TextDecoder on short ASCII. Throws when it is no UTF-8. */
    text: function(p, size) {
      var heap = HEAPU8, text = '', i = 0;
      p = WSPEER.address(p);
      if (size < 48) {
        while (i < size && heap[p + i] < 128) text += String.fromCharCode(heap[p + i++]);
        if (i == size) return text;
      }
      heap = heap.subarray(p, p + size);
      WSPEER.decoder = WSPEER.decoder || new TextDecoder('utf-8', {'fatal': true, 'ignoreBOM': true});
      return WSPEER.decoder.decode(WSPEER.plain ? heap : heap.slice());
    },

    /* Writes a string as UTF-8, or an ArrayBuffer, to p. Returns its size, or -1 when `room` is too small. */
    put: function(data, p, room) {
      var heap = HEAPU8, isText = typeof data == 'string', size = isText ? data.length : data.byteLength, i = 0, c;
      if (size > room) return -1;
      if (!isText) {
        heap.set(new Uint8Array(data), p);
        return size;
      }
      if (size < 200) {
        while (i < size && (c = data.charCodeAt(i)) < 128) heap[p + i++] = c;
        if (i == size) return size;
      }
      WSPEER.encoder = WSPEER.encoder || new TextEncoder();
      if (WSPEER.plain) {
        c = WSPEER.encoder.encodeInto(data, heap.subarray(p, p + room));
        return c['read'] < size ? -1 : c['written'];
      }
      data = WSPEER.encoder.encode(data);
      if (data.length > room) return -1;
      heap.set(data, p);
      return data.length;
    },

    /*
     * Replaces the upper bound that a text is charged with by its exact size. Counting costs as much as encoding, so
     * it waits until a limit is near: a limit is only ever held against exact sizes.
     */
    measure: function(link, entry) {
      var text = entry.data, size = 0, i = 0, c;
      if (entry.isBound) {
        while (i < text.length) {
          c = text.charCodeAt(i++);
          size += c < 128 ? 1 : c < 2048 || (c & 63488) == 55296 ? 2 : 3; /* a surrogate is half of 4 bytes */
        }
        link.bytes += size - entry.size;
        entry.size = size;
        entry.isBound = false;
      }
    },

    /* Queues what happened; kinds as in js_imports.h. */
    add: function(link, kind, data) {
      var isText = typeof data == 'string';
      var entry = {kind: kind, data: data, size: isText ? data.length * 3 : data.byteLength, isBound: kind == 1};
      if (kind < 2) {
        link.bytes += entry.size;
        if (link.bytes > link.maxBytes && !link.isTight) {
          link.isTight = true;
          link.queue.forEach(function(other) { WSPEER.measure(link, other); });
        }
        if (link.isTight) WSPEER.measure(link, entry);
        if (link.bytes > link.maxBytes || link.packets == link.maxPackets) {
          return WSPEER.fail(link, 3, 4009, 'inbound overflow');
        }
        link.packets++;
      }
      link.hasEnded = kind > 2;
      link.queue.push(entry);
      if (link.events) {
        data = new Int32Array(HEAPU8.buffer, link.events, 1);
        Atomics.add(data, 0, 1);
        Atomics.notify(data, 0);
      }
    },

    /* Closes; no message is taken any more. */
    close: function(link, code, reason) {
      var socket = link.socket;
      socket.onmessage = null;
      try {
        if (code) socket.close(code, reason);
        else socket.close();
      } catch (error) {}
    },

    /* Closes; no event is taken any more. onerror stays, because an unheard error ends a Node process. */
    detach: function(link, code, reason) {
      link.socket.onopen = link.socket.onclose = null;
      WSPEER.close(link, code, reason);
    },

    fail: function(link, kind, code, reason) {
      WSPEER.detach(link, code, reason);
      WSPEER.add(link, kind, '');
    }
  },

  wspi_js_connect__deps: ['$WSPEER'],
  wspi_js_connect__sig: 'ippddppp',
  wspi_js_connect__proxy: 'sync',
  wspi_js_connect: function(target, size, maxBytes, maxPackets, events, why, whySize) {
    var offered, socket, link, memory = HEAPU8.buffer;
    WSPEER.plain = memory instanceof ArrayBuffer && !memory['resizable'];
    try {
      offered = WSPEER.text(target, size).split(' ');
      socket = new WebSocket(offered.shift(), offered);
    } catch (error) {
      WSPEER.put(String(error).slice(0, whySize / 3), WSPEER.address(why), whySize);
      return error.name == 'SyntaxError' ? -1 : error.name == 'SecurityError' ? -2 : -3;
    }
    socket.binaryType = 'arraybuffer';
    link = WSPEER.links[++WSPEER.lastId] = {
      socket: socket, queue: [], bytes: 0, packets: 0, maxBytes: maxBytes, maxPackets: maxPackets,
      events: events, isTight: false, hasEnded: false, copies: false
    };
    socket.onerror = function() {};
    socket.onopen = function() {
      var chosen = socket.protocol;
      /* npm ws compresses later from the bytes it was given; browsers copy them at once. */
      link.copies = !WSPEER.plain || socket['on'] && socket.extensions;
      /* Firefox lets a server choose what was not offered, or nothing (RFC 6455 4.1: both fail). */
      if ((chosen || offered[0]) && offered.indexOf(chosen) < 0) WSPEER.fail(link, 4);
      else WSPEER.add(link, 2, chosen + '\0');
    };
    socket.onmessage = function(event) {
      WSPEER.add(link, typeof event.data == 'string' ? 1 : 0, event.data);
    };
    socket.onclose = function(event) {
      WSPEER.add(link, event.wasClean ? event.code : 1006, event.reason);
    };
    return WSPEER.lastId;
  },

  wspi_js_pull__deps: ['$WSPEER'],
  wspi_js_pull__sig: 'iippddp',
  wspi_js_pull__proxy: 'sync',
  wspi_js_pull: function(id, area, capacity, roomBytes, roomPackets, status) {
    var heap = HEAPU8, link = WSPEER.links[id], queue = link.queue, start = WSPEER.address(area), at = start;
    var end = at + capacity - 8, i = 0, entry, size;
    for (; entry = queue[i]; i++) {
      if (entry.kind < 2 && !link.hasEnded) {
        if (entry.size > roomBytes) WSPEER.measure(link, entry);
        if (entry.size > roomBytes || !roomPackets) break;
      }
      if (at > start && (entry.size > 65535 || entry.size > end - at)) break;
      size = WSPEER.put(entry.data, at + 8, end - at);
      if (size < 0) {
        if (entry.data.length <= end - at) WSPEER.measure(link, entry);
        break;
      }
      if (entry.kind < 2) {
        link.bytes -= entry.size;
        link.packets--;
        roomBytes -= size;
        roomPackets--;
      }
      heap[at] = size;
      heap[at + 1] = size >> 8;
      heap[at + 2] = size >> 16;
      heap[at + 3] = size >> 24;
      heap[at + 4] = entry.kind;
      heap[at + 5] = entry.kind >> 8;
      at += 8 + size + (-size & 7);
    }
    if (i) link.queue = queue.slice(i);
    if (!entry) link.isTight = false;
    heap = new Float64Array(heap.buffer, WSPEER.address(status), 3);
    heap[0] = link.socket.bufferedAmount;
    heap[1] = entry ? 8 + (entry.isBound ? entry.data.length : entry.size) : 0;
    heap[2] = +link.hasEnded;
    return at - start;
  },

  wspi_js_send__deps: ['$WSPEER'],
  wspi_js_send__sig: 'dippi',
  wspi_js_send__proxy: 'sync',
  wspi_js_send: function(id, data, size, isText) {
    var link = WSPEER.links[id], socket = link.socket, p = WSPEER.address(data), bytes;
    if (socket.readyState != 1) return -1;
    try {
      if (!isText) {
        bytes = HEAPU8.subarray(p, p + size);
        if (link.copies) bytes = bytes.slice();
      }
      socket.send(isText ? WSPEER.text(p, size) : bytes);
    } catch (error) {
      return -2;
    }
    return socket.bufferedAmount;
  },

  wspi_js_close__deps: ['$WSPEER'],
  wspi_js_close__sig: 'viipp',
  wspi_js_close__proxy: 'sync',
  wspi_js_close: function(id, code, reason, size) {
    WSPEER.close(WSPEER.links[id], code, WSPEER.text(reason, size));
  },

  wspi_js_destroy__deps: ['$WSPEER'],
  wspi_js_destroy__sig: 'vi',
  wspi_js_destroy__proxy: 'sync',
  wspi_js_destroy: function(id) {
    WSPEER.detach(WSPEER.links[id]);
    delete WSPEER.links[id];
  },

  wspi_js_log__deps: ['$WSPEER'],
  wspi_js_log__sig: 'vipp',
  wspi_js_log__proxy: 'sync',
  wspi_js_log: function(isError, message, size) {
    try {
      console[isError ? 'error' : 'warn'](WSPEER.text(message, size));
    } catch (error) {}
  },

  wspi_js_random__sig: 'i',
  wspi_js_random__proxy: 'sync',
  wspi_js_random: function() {
    try {
      return crypto.getRandomValues(new Int32Array(1))[0];
    } catch (error) { /* Node 18 has no global crypto. */
      return Math.random() * 4294967296 | 0;
    }
  }
});
