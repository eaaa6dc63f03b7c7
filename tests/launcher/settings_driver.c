// settings_driver.c - prints what launcher/settings.h reads, for tests.
//
//   settings_driver FILE            the settings, each as key, name and value, ending in zero bytes
//   settings_driver --prefixes FILE the number of prefixes of FILE that are no broken property list
//
// The text is copied into memory of exactly its size, so that a sanitizer sees every read past its end.

#include "settings.h"

static bool read_copy(const char *text, size_t size)
{
    char *copy = malloc(size + 1);  // kept, as the settings point into it
    memcpy(copy, text, size);
    copy[size] = '\0';
    setting_count = 0;
    return read_xml(copy);
}

static void print(const char *text)
{
    fputs(text, stdout);
    putchar('\0');
}

int main(int argc, char **argv)
{
    size_t size = 0, whole = 0, position = 0;
    char *text = read_file(argv[argc - 1], &size);
    if (!text) return 2;
    if (strcmp(argv[1], "--prefixes") == 0) {
        for (size_t i = 0; i <= size; i++)
            whole += read_copy(text, i);
        printf("%zu\n", whole);
        return 0;
    }
    if (!read_copy(text, size)) return 1;
    print(app_name ? app_name : "");
    for (size_t i = 0; i < setting_count; i++) {
        print(settings[i].key);
        print(settings[i].name ? settings[i].name : "\1");
        print(settings[i].value);
    }
    (void)setting("Schema");
    (void)next_setting("Flags", &position);
    return 0;
}
