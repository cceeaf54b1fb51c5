/* How often this program has asked for memory. */
unsigned long allocation_count(void);
