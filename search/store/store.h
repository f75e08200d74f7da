// The results database with everything that can be stored in it.
#pragma once

#include "search/store/archs.h"
#include "search/store/inspection.h"
#include "search/store/latencies.h"
#include "search/store/machines.h"
#include "search/store/merge.h"
#include "search/store/parity.h"
#include "search/store/queue.h"
#include "search/store/run_results.h"
#include "search/store/scores.h"
