/* SPDX-License-Identifier: MIT */
/*
 * The web backend's glue: a JavaScript library for the Emscripten linker (--js-library).
 *
 * Events of the browser only append to a queue in JavaScript; wasm is never entered from here. C calls in, once per
 * poll, and takes what is ready. src_web/js_imports.h describes each function from C's side.
 *
 * The form is the one that every supported SDK, Closure and each link mode accept: functions spelt out, no macros, no
 * file-level variables, nothing of the runtime but HEAPU8, which is named anew in each call because memory growth
 * replaces it. Addresses and sizes are doubles, so that one above 2 GiB (or, with MEMORY64, 4 GiB) arrives as it is.
 * With threads everything runs on the main runtime thread (__proxy), where events arrive whatever C's thread does.
 * Names that Closure does not know are quoted; what programs pay for in bytes is kept small.
 */
mergeInto(LibraryManager.library, {
  $WSPEER: {
    links: {}, /* by id; no id is used twice */
    lastId: 0,
    notify: null, /* called with each event, where wspi_js_watch was linked */
    plain: false, /* whether the browser takes views of wasm memory: it refuses shared and resizable memory */
    decoder: null,
    encoder: null,

    /* The UTF-8 text at p. A loop beats TextDecoder on short ASCII. */
    text: function(p, size) {
      var bytes = HEAPU8.subarray(p, p + size), text = '', i = 0;
      if (size < 48) {
        while (i < size && bytes[i] < 128) text += String.fromCharCode(bytes[i++]);
        if (i == size) return text;
      }
      WSPEER.decoder = WSPEER.decoder || new TextDecoder('utf-8', {'ignoreBOM': true});
      return WSPEER.decoder.decode(WSPEER.plain ? bytes : bytes.slice());
    },

    /*
     * Turns a string into its bytes. Until then it is charged with an upper bound of its size, because measuring costs
     * as much as encoding: a limit is only ever held against exact sizes, and so this waits until one is near.
     */
    encode: function(link, entry) {
      var charge;
      if (typeof entry.payload == 'string') {
        entry.payload = WSPEER.encoder.encode(entry.payload);
        charge = entry.charge && entry.payload.length;
        link.charge += charge - entry.charge;
        entry.charge = charge;
      }
    },

    /* Writes an entry's payload to p. Returns its size, or -1 when `room` is too small. */
    put: function(link, entry, p, room) {
      var heap = HEAPU8, payload = entry.payload, size = payload.length, i = 0, c;
      if (size > room) return -1;
      if (typeof payload == 'string') {
        if (size < 200) {
          while (i < size && (c = payload.charCodeAt(i)) < 128) heap[p + i++] = c;
          if (i == size) return size;
        }
        if (WSPEER.plain) {
          c = WSPEER.encoder.encodeInto(payload, heap.subarray(p, p + room));
          if (c['read'] == size) return c['written'];
        }
        WSPEER.encode(link, entry);
        return WSPEER.put(link, entry, p, room);
      }
      heap.set(payload, p);
      return size;
    },

    /* Queues what happened; kinds as in js_imports.h. Only messages (below 2) count towards the limits. */
    add: function(link, kind, payload, code) {
      var charge = kind > 1 ? 0 : payload.length * (1 + 2 * kind), other;
      var entry = {kindOf: kind, payload: payload, charge: charge};
      if (link.hasEnded) return;
      link.charge += charge;
      if (link.charge > link.maxBytes) {
        for (other of link.queue.concat(entry)) WSPEER.encode(link, other);
      }
      if (kind < 2 && (link.charge > link.maxBytes || ++link.packets > link.maxPackets)) {
        return WSPEER.add(link, 3, '', 4009);
      }
      link.queue.push(entry);
      if (kind > 2) {
        link.hasEnded = true;
        WSPEER.close(link, code);
      }
      if (WSPEER.notify) WSPEER.notify();
    },

    /* Closes; no message is taken any more. */
    close: function(link, code, reason) {
      link.socket.onmessage = null;
      try {
        if (code) link.socket.close(code, reason);
        else link.socket.close();
      } catch (error) {}
    }
  },

  wspi_js_connect__deps: ['$WSPEER'],
  wspi_js_connect__sig: 'idddddd',
  wspi_js_connect__proxy: 'sync',
  wspi_js_connect: function(target, size, maxBytes, maxPackets, why, whySize) {
    var memory = HEAPU8.buffer, protocols, socket, link;
    WSPEER.plain = memory instanceof ArrayBuffer && !memory['resizable'];
    WSPEER.encoder = new TextEncoder();
    try {
      protocols = WSPEER.text(target, size).split('\n');
      socket = new WebSocket(protocols.shift(), protocols);
    } catch (error) {
      return -WSPEER.put({}, {payload: String(error).slice(0, whySize / 3)}, why, whySize);
    }
    link = {
      socket: socket, queue: [], charge: 0, packets: 0, maxBytes: maxBytes, maxPackets: maxPackets, hasEnded: false
    };
    socket.binaryType = 'arraybuffer';
    socket.onerror = function() { /* An unheard one ends a Node process. What a policy forbids ends without onclose. */
      if (socket.readyState > 2) WSPEER.add(link, 1006, '');
    };
    socket.onopen = function() {
      WSPEER.add(link, 2, socket.protocol + '\0');
    };
    socket.onmessage = function(event) {
      var data = event.data;
      if (typeof data == 'string') WSPEER.add(link, 1, data);
      else WSPEER.add(link, 0, new Uint8Array(data));
    };
    socket.onclose = function(event) {
      WSPEER.add(link, event.wasClean ? event.code : 1006, event.reason);
    };
    WSPEER.links[++WSPEER.lastId] = link;
    return WSPEER.lastId;
  },

  wspi_js_pull__deps: ['$WSPEER'],
  wspi_js_pull__sig: 'diddddd',
  wspi_js_pull__proxy: 'sync',
  wspi_js_pull: function(id, area, capacity, roomBytes, roomPackets, statusIndex) {
    var doubles = new Float64Array(HEAPU8.buffer), link = WSPEER.links[id];
    var at = area, end = area + capacity - 16, i = 0, entry, size;
    if (link.hasEnded) roomBytes = roomPackets = Infinity;
    for (; entry = link.queue[i]; i++) {
      if (entry.charge > roomBytes) WSPEER.encode(link, entry);
      if (entry.charge > roomBytes || !roomPackets || at > area && entry.charge > end - at) break;
      size = WSPEER.put(link, entry, at + 16, end - at);
      if (size < 0) break;
      link.charge -= entry.charge;
      if (entry.kindOf < 2) link.packets--;
      roomBytes -= size;
      roomPackets--;
      doubles[at / 8] = size;
      doubles[at / 8 + 1] = entry.kindOf;
      at += 16 + size + (-size & 7);
    }
    link.queue.splice(0, i);
    doubles[statusIndex] = link.socket.bufferedAmount;
    doubles[statusIndex + 1] = entry ? entry.payload.length : -1;
    doubles[statusIndex + 2] = link.hasEnded;
    return at - area;
  },

  wspi_js_send__deps: ['$WSPEER'],
  wspi_js_send__sig: 'diddi',
  wspi_js_send__proxy: 'sync',
  wspi_js_send: function(id, data, size, isText) {
    var socket = WSPEER.links[id].socket, bytes = HEAPU8.subarray(data, data + size);
    if (socket.readyState != 1) return -1;
    try {
      /* npm ws (which alone has `on`) may compress later from the bytes it was given; browsers copy them at once. */
      socket.send(isText ? WSPEER.text(data, size) : WSPEER.plain && !socket['on'] ? bytes : bytes.slice());
    } catch (error) {
      return -2;
    }
    return socket.bufferedAmount;
  },

  wspi_js_close__deps: ['$WSPEER'],
  wspi_js_close__sig: 'viidd',
  wspi_js_close__proxy: 'sync',
  wspi_js_close: function(id, code, reason, size) {
    if (code < 0) {
      WSPEER.close(WSPEER.links[id]); /* What still comes goes to a record that nobody finds. */
      delete WSPEER.links[id];
    } else {
      WSPEER.close(WSPEER.links[id], code, WSPEER.text(reason, size));
    }
  },

  wspi_js_watch__deps: ['$WSPEER'],
  wspi_js_watch__sig: 'vd',
  wspi_js_watch__proxy: 'sync',
  wspi_js_watch: function(counter) {
    WSPEER.notify = function() {
      var view = new Int32Array(HEAPU8.buffer, counter, 1);
      Atomics.add(view, 0, 1);
      Atomics.notify(view, 0);
    };
  },

  wspi_js_log__deps: ['$WSPEER'],
  wspi_js_log__sig: 'vidd',
  wspi_js_log__proxy: 'sync',
  wspi_js_log: function(isError, message, size) {
    console[isError ? 'error' : 'warn'](WSPEER.text(message, size));
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
