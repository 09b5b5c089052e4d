#include "scenario.h"
static void none(scenario *s){(void)s;}
static const scenario_entry entries[] = {{"none settings", none, 0}};
SCENARIO_TOPIC(settings)
