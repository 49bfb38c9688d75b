/* Weights of parcels in grams. */
static const int weights[] = {250, 500, 1000};
