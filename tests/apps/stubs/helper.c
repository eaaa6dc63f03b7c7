/* A program in the bundle that is not Python and ends at once. */
int main(void) { return 0; }
