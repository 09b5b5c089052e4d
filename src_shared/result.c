/* SPDX-License-Identifier: MIT */

/*
 * Names and sentences of wsp_result, both made from WSP_RESULT_LIST so that they cannot drift from the enum.
 * Numbers outside the list get a constant: nothing is formatted or stored.
 */

#include "wspeer/base.h"

const char *wsp_result_string(wsp_result result)
{
#define NAME_CASE(name, value, text) \
    case (value): return #name;
    switch ((int)result) {
        WSP_RESULT_LIST(NAME_CASE)
    default: return "WSP_ERR_UNKNOWN";
    }
#undef NAME_CASE
}

const char *wsp_result_text(wsp_result result)
{
#define TEXT_CASE(name, value, text) \
    case (value): return text;
    switch ((int)result) {
        WSP_RESULT_LIST(TEXT_CASE)
    default: return "not a result of this library";
    }
#undef TEXT_CASE
}
