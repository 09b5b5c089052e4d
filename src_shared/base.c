/* SPDX-License-Identifier: MIT */

/*
 * What base.h offers and no backend needs to know: the version and the arithmetic of reconnect delays. The
 * backends implement wsp_backend_name, wsp_has_feature, wsp_random and wsp_now.
 */

#include "wspeer/base.h"

#include <float.h>

#define AS_TEXT(x)       #x
#define VALUE_AS_TEXT(x) AS_TEXT(x)

const char *wsp_version_string(void)
{
    return VALUE_AS_TEXT(WSP_VERSION_MAJOR) "." VALUE_AS_TEXT(WSP_VERSION_MINOR) "." VALUE_AS_TEXT(
        WSP_VERSION_PATCH);
}

double wsp_backoff_delay(unsigned attempt, double base, double cap, uint32_t random)
{
    if (!(base > 0) || !(cap > 0)) /* Also true for NaN. */
        return 0;
    double limit = cap < DBL_MAX ? cap : DBL_MAX;
    double top = base < limit ? base : limit;
    /* Doubling ends at the limit, so this runs some 2,100 times at most whatever `attempt` is. */
    for (; attempt > 0 && top < limit; attempt--)
        top = top < limit / 2 ? top * 2 : limit;
    return top / 2 + top / 2 * (random / 4294967296.0);
}
