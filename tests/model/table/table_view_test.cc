#include "model/table/table_view.h"

#include "gtest/gtest.h"
