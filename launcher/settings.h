// settings.h - reads the launcher's settings from an app's Info.plist.
//
// In goes the path of Info.plist, out comes a flat list of the strings below its dictionary
// `PloverTray`, and the app's name. Why not Foundation or CoreFoundation? Because the interpreter
// role starts for every child of the app and must cost next to nothing (loading GNUstep's Foundation
// alone takes longer than starting Python), and because this way the bytes that read the settings
// on a Mac are those tested on Linux. Only an Info.plist that is binary, or in rare forms of XML, is
// handed to Foundation, to be turned into XML as plutil writes it.
//
// This is no general XML parser: it knows the elements of a property list, comments and the
// character references; anything else is Foundation's, and "broken" if not even that can read it. The
// file is sealed by the app's signature, so it is as trustworthy as this program.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SETTINGS = 4096, MAX_DEPTH = 64, MAX_INFO_PLIST = 1 << 20 };

// One string of the dictionary `PloverTray`. `key` is "Module"; for the elements of an array and the
// pairs of a dictionary there is one setting each, and `name` is the pair's name ("" in an array).
struct setting { const char *key, *name, *value; };

static struct setting settings[MAX_SETTINGS];
static size_t setting_count;
static const char *app_name;  // CFBundleName, or NULL

// The value of a string or integer, or NULL.
static const char *setting(const char *key)
{
    for (size_t i = 0; i < setting_count; i++)
        if (!settings[i].name && strcmp(settings[i].key, key) == 0) return settings[i].value;
    return NULL;
}

// The next string of an array or dictionary, from *position on; NULL after the last one.
static const struct setting *next_setting(const char *key, size_t *position)
{
    while (*position < setting_count) {
        const struct setting *found = &settings[(*position)++];
        if (found->name && strcmp(found->key, key) == 0) return found;
    }
    return NULL;
}

// Cuts the next element out of *text: its name with what follows ("dict", "/dict", "true/").
static char *next_tag(char **text)
{
    char *tag = *text;
    while ((tag = strchr(tag, '<')) != NULL) {
        if (strncmp(tag, "<!--", 4) == 0) {
            if (!(tag = strstr(tag, "-->"))) return NULL;
        } else if (tag[1] == '?' || tag[1] == '!') {
            tag++;
        } else {
            char *end = strchr(tag, '>');
            if (!end) return NULL;
            *end = '\0';
            *text = end + 1;
            return tag + 1;
        }
    }
    return NULL;
}

// Writes a character in UTF-8; returns the byte after it.
static char *put_utf8(char *out, unsigned long character)
{
    if (character < 0x80) {
        *out++ = (char)character;
    } else if (character < 0x800) {
        *out++ = (char)(0xC0 | character >> 6);
        *out++ = (char)(0x80 | (character & 0x3F));
    } else {
        if (character < 0x10000) {
            *out++ = (char)(0xE0 | character >> 12);
        } else {
            *out++ = (char)(0xF0 | character >> 18);
            *out++ = (char)(0x80 | (character >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (character >> 6 & 0x3F));
        *out++ = (char)(0x80 | (character & 0x3F));
    }
    return out;
}

// Cuts the text of the element `tag` out of *text up to its end tag and resolves references in
// place; NULL if it is not plain text.
static char *element_text(char **text, const char *tag)
{
    static const struct { const char *name; char character; } named[] = {
        {"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    char *start = *text, *in = start, *out = start;
    for (; *in && *in != '<'; ) {
        if (*in != '&') {
            *out++ = *in++;
            continue;
        }
        in++;
        if (*in == '#') {
            char *end;
            unsigned long character = in[1] == 'x' ? strtoul(in + 2, &end, 16) : strtoul(in + 1, &end, 10);
            if (*end != ';' || character == 0 || character > 0x10FFFF) return NULL;
            out = put_utf8(out, character);
            in = end + 1;
        } else {
            size_t i = 0, count = sizeof named / sizeof *named;
            while (i < count && strncmp(in, named[i].name, strlen(named[i].name)) != 0) i++;
            if (i == count) return NULL;
            *out++ = named[i].character;
            in += strlen(named[i].name);
        }
    }
    if (in[0] != '<' || in[1] != '/' || strncmp(in + 2, tag, strlen(tag)) != 0) return NULL;
    *text = in;
    if (!next_tag(text)) return NULL;
    *out = '\0';
    return start;
}

static void reset_settings(void)
{
    setting_count = 0;
    app_name = NULL;
}

// Reads a property list in XML (changed in place, and kept); false if it is broken, or written in
// a way that is not read here.
static bool read_xml(char *text)
{
    const char *keys[MAX_DEPTH] = {NULL};  // the last <key> of each dictionary around us
    int depth = 0;
    for (char *tag; (tag = next_tag(&text)) != NULL; ) {
        if (strcmp(tag, "/plist") == 0) return depth == 0;
        if (strcmp(tag, "dict") == 0 || strcmp(tag, "array") == 0) {
            if (++depth == MAX_DEPTH) return false;
            keys[depth] = "";
        } else if (strcmp(tag, "/dict") == 0 || strcmp(tag, "/array") == 0) {
            if (--depth < 0) return false;
        } else if (strcmp(tag, "key") == 0) {
            if (!(keys[depth] = element_text(&text, tag))) return false;
        } else if (strcmp(tag, "string") == 0 || strcmp(tag, "integer") == 0 || strcmp(tag, "string/") == 0) {
            char *value = tag[6] == '/' ? "" : element_text(&text, tag);
            if (!value) return false;
            if (depth == 1 && strcmp(keys[1], "CFBundleName") == 0) app_name = value;
            if ((depth != 2 && depth != 3) || strcmp(keys[1], "PloverTray") != 0) continue;
            if (setting_count == MAX_SETTINGS) return false;
            settings[setting_count++] = (struct setting){keys[2], depth == 3 ? keys[3] : NULL, value};
        } else if (strchr(tag, ' ') && strncmp(tag, "plist ", 6) != 0) {
            return false;  // <string /> and attributes
        }
    }
    return false;
}

// The whole file, ending in a zero byte, and its size; NULL if it cannot be read.
static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(MAX_INFO_PLIST) : NULL;
    if (text) {
        *size = fread(text, 1, MAX_INFO_PLIST - 1, file);
        text[*size] = '\0';
    }
    if (file) fclose(file);
    return text;
}
