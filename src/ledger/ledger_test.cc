#include <gtest/gtest.h>
TEST(Ledger, Placeholder) {}
