/* SPDX-License-Identifier: MIT */
// The calls of page_calls.h, a JavaScript library for the Emscripten linker (--js-library). It only moves bytes between
// wasm memory and `testPage` in page.js. The form is that of js/wspeer.js, which says why: functions spelt out, quoted
// names, HEAPU8 named anew in each call, and copies, because a view would not outlive the growth of memory.
mergeInto(LibraryManager.library, {
  $testPageBytes: function(p, size) {
    if (p < 0) p += 4294967296; // wasm32 hands an address above 2 GiB over as a negative number
    return HEAPU8.subarray(p, p + size).slice();
  },

  page_next_command__sig: 'i',
  page_next_command: function() {
    return globalThis['testPage']['nextCommand']();
  },

  page_get_number__sig: 'ii',
  page_get_number: function(index) {
    return globalThis['testPage']['getNumber'](index);
  },

  page_get_size__sig: 'i',
  page_get_size: function() {
    return globalThis['testPage']['getBytes']().length;
  },

  page_take_bytes__sig: 'vp',
  page_take_bytes: function(to) {
    if (to < 0) to += 4294967296;
    HEAPU8.set(globalThis['testPage']['getBytes'](), to);
  },

  page_show__sig: 'viddd',
  page_show: function(state, buffered, queuedPackets, queuedBytes) {
    globalThis['testPage']['show'](state, buffered, queuedPackets, queuedBytes);
  },

  page_show_traffic__sig: 'vddddd',
  page_show_traffic: function(messagesOut, bytesOut, messagesIn, bytesIn, messagesRefused) {
    globalThis['testPage']['showTraffic'](messagesOut, bytesOut, messagesIn, bytesIn, messagesRefused);
  },

  page_show_end__deps: ['$testPageBytes'],
  page_show_end__sig: 'vipipi',
  page_show_end: function(code, reason, reasonSize, error, errorSize) {
    globalThis['testPage']['showEnd'](code, testPageBytes(reason, reasonSize), testPageBytes(error, errorSize));
  },

  page_log_message__deps: ['$testPageBytes'],
  page_log_message__sig: 'viidpi',
  page_log_message: function(isIncoming, isText, size, begin, beginSize) {
    globalThis['testPage']['logMessage'](isIncoming, isText, size, testPageBytes(begin, beginSize));
  },

  page_log_note__deps: ['$testPageBytes'],
  page_log_note__sig: 'vpi',
  page_log_note: function(text, size) {
    globalThis['testPage']['logNote'](testPageBytes(text, size));
  },
});
