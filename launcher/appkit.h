// appkit.h - the few things that are asked of AppKit, and of Foundation that comes with it.
//
// AppKit is opened at run time and its classes are looked up by name, so that only the app role pays
// for it and no stub of it is needed to link. On Linux GNUstep takes its place.

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <objc/objc.h>
#include <objc/runtime.h>

#ifdef __APPLE__
#define APPKIT "/System/Library/Frameworks/AppKit.framework/AppKit"
#define CORE_GRAPHICS "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
#else
#include <signal.h>
#define APPKIT "libgnustep-gui.so"
#endif

#if __has_include(<AppKit/AppKit.h>)
#import <AppKit/AppKit.h>
#else
@protocol AppKit  // the messages that are sent below
+ (id)alloc;
+ (id)sharedApplication;
+ (id)stringWithUTF8String:(const char *)text;
+ (id)dataWithContentsOfFile:(id)path;
+ (id)propertyListWithData:(id)data options:(unsigned long)options format:(unsigned long *)format error:(id *)error;
+ (id)dataWithPropertyList:(id)list format:(unsigned long)format options:(unsigned long)options error:(id *)error;
- (id)init;
- (void)drain;
- (id)reason;
- (const char *)UTF8String;
- (const void *)bytes;
- (unsigned long)length;
- (BOOL)setActivationPolicy:(long)policy;
- (void)activateIgnoringOtherApps:(BOOL)flag;
- (void)setMessageText:(id)text;
- (void)setInformativeText:(id)text;
- (long)runModal;
@end
#endif
#define CLASS(name) ((id)objc_getClass(name))

static id nsstring(const char *utf8)
{
    return [CLASS("NSString") stringWithUTF8String:utf8];
}

// There is no window server to draw on, for instance over ssh or on a build machine.
static bool headless(void)
{
#ifdef __APPLE__
    void *graphics = dlopen(CORE_GRAPHICS, RTLD_NOW);
    const void *(*session)(void) = graphics ? dlsym(graphics, "CGSessionCopyCurrentDictionary") : NULL;
    return session && !session();
#else
    return !getenv("DISPLAY");
#endif
}

// Makes this process an application. Returns NULL, or why it cannot be one.
static const char *make_application(void)
{
#ifdef __APPLE__
    if (headless()) return NULL;  // AppKit would abort; Python can still run a command that needs no window
#else  // GNUstep takes these signals for itself; AppKit leaves them to us
    static const int taken[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
    struct sigaction ours[sizeof taken / sizeof *taken];
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaction(taken[i], NULL, &ours[i]);
#endif
    if (!dlopen(APPKIT, RTLD_NOW)) return dlerror();
    @try {
        id pool = [[CLASS("NSAutoreleasePool") alloc] init];
        [CLASS("NSApplication") sharedApplication];
        [pool drain];
    } @catch (id exception) {
        return strdup([[exception reason] UTF8String]);
    }
#ifndef __APPLE__
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaction(taken[i], &ours[i], NULL);
#endif
    return NULL;
}

// Shows a message until the user closes it; nothing at all where PLOVER_TRAY_HEADLESS is set.
static void show_alert(const char *title, const char *message)
{
    const char *off = getenv("PLOVER_TRAY_HEADLESS");
    if ((off && *off) || headless() || !dlopen(APPKIT, RTLD_NOW)) return;
    @try {
        id pool = [[CLASS("NSAutoreleasePool") alloc] init];
        id application = [CLASS("NSApplication") sharedApplication];
#ifdef __APPLE__  // GNUstep has no such policy
        [application setActivationPolicy:0];  // in front of other apps' windows, even from an LSUIElement
#endif
        [application activateIgnoringOtherApps:YES];
        id alert = [[CLASS("NSAlert") alloc] init];
        [alert setMessageText:nsstring(title)];
        [alert setInformativeText:nsstring(message)];
        [alert runModal];
        [pool drain];
    } @catch (id exception) {
        (void)exception;  // what is said elsewhere has to do
    }
}

// The property list at `path`, in whatever format, as XML text; NULL if it is broken.
static char *property_list_as_xml(const char *path)
{
    if (!dlopen(APPKIT, RTLD_NOW)) return NULL;
    char *text = NULL;
    @try {
        id pool = [[CLASS("NSAutoreleasePool") alloc] init];
        id data = [CLASS("NSData") dataWithContentsOfFile:nsstring(path)];
        id lists = CLASS("NSPropertyListSerialization");
        id list = data ? [lists propertyListWithData:data options:0 format:NULL error:NULL] : nil;
        id xml = list ? [lists dataWithPropertyList:list format:100 options:0 error:NULL] : nil;
        size_t size = xml ? (size_t)[xml length] : 0;
        if (xml && (text = malloc(size + 1))) {
            memcpy(text, [xml bytes], size);
            text[size] = '\0';
        }
        [pool drain];
    } @catch (id exception) {
        (void)exception;  // GNUstep's parser throws where Apple's returns nil
    }
    return text;
}
