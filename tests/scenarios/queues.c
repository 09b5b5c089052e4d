#include "scenario.h"
static void none(scenario *s){(void)s;}
static const scenario_entry entries[] = {{"none queues", none, 0}};
SCENARIO_TOPIC(queues)
