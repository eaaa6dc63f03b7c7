/* The parts of Foundation, AppKit and CoreFoundation that the guests use; looked up at run time. */
#include <objc/objc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define PYTHON "/Applications/Guest.app/Contents/Frameworks/python"
extern id objc_getClass(const char *name);
extern id objc_msgSend(id self, SEL selector, ...);
extern SEL sel_registerName(const char *name);
@interface NSObject { Class isa; }
+ (id)alloc; - (id)init; + (id)new; - (BOOL)isKindOfClass:(id)c; - (BOOL)respondsToSelector:(SEL)s;
- (id)performSelector:(SEL)s; + (id)class; - (id)class; - (id)description; - (BOOL)isEqual:(id)o;
- (id)copy; - (id)mutableCopy;
@end
@interface NSString : NSObject
+ (id)stringWithUTF8String:(const char *)t; + (id)stringWithFormat:(id)f, ...; - (const char *)UTF8String;
- (id)stringByAppendingPathComponent:(id)c; - (id)stringByDeletingLastPathComponent; - (id)lastPathComponent;
- (id)stringByAppendingString:(id)s; - (id)componentsSeparatedByString:(id)s; - (BOOL)hasSuffix:(id)s;
- (id)stringByStandardizingPath; - (id)pathExtension; - (unsigned long)length; - (id)pathComponents;
- (id)stringByReplacingOccurrencesOfString:(id)a withString:(id)b; - (const char *)fileSystemRepresentation;
@end
@interface NSMutableString : NSString
- (void)appendString:(id)s; - (void)appendFormat:(id)f, ...;
@end
@interface NSArray : NSObject
+ (id)arrayWithObjects:(id)first, ...; + (id)arrayWithObjects:(const id *)o count:(unsigned long)n; - (unsigned long)count;
- (id)objectAtIndex:(unsigned long)i; - (id)arrayByAddingObject:(id)o; - (id)componentsJoinedByString:(id)s;
- (unsigned long)countByEnumeratingWithState:(void *)s objects:(id *)o count:(unsigned long)n;
@end
@interface NSMutableArray : NSArray
+ (id)array; - (void)addObject:(id)o; - (void)insertObject:(id)o atIndex:(unsigned long)i; - (void)addObjectsFromArray:(id)a;
@end
@interface NSDictionary : NSObject
- (id)objectForKey:(id)k; + (id)dictionaryWithContentsOfFile:(id)p;
@end
@interface NSMutableDictionary : NSDictionary
- (void)setObject:(id)o forKey:(id)k;
@end
@interface NSBundle : NSObject
+ (id)mainBundle; - (id)bundlePath; - (id)executablePath; - (id)resourcePath; - (id)privateFrameworksPath; - (id)bundleIdentifier;
- (id)pathForResource:(id)n ofType:(id)t; - (id)objectForInfoDictionaryKey:(id)k; - (id)infoDictionary; - (id)bundleURL;
- (id)pathForAuxiliaryExecutable:(id)n; - (id)executableURL; - (id)resourceURL;
@end
@interface NSURL : NSObject
+ (id)fileURLWithPath:(id)p; - (id)path; - (id)URLByAppendingPathComponent:(id)c; - (id)URLByDeletingLastPathComponent; - (id)absoluteString;
@end
@interface NSProcessInfo : NSObject
+ (id)processInfo; - (id)arguments; - (id)environment; - (id)processName;
@end
@interface NSFileManager : NSObject
+ (id)defaultManager; - (BOOL)fileExistsAtPath:(id)p; - (BOOL)isExecutableFileAtPath:(id)p; - (BOOL)fileExistsAtPath:(id)p isDirectory:(BOOL *)d;
- (BOOL)changeCurrentDirectoryPath:(id)p; - (id)currentDirectoryPath; - (id)contentsOfDirectoryAtPath:(id)p error:(id *)e;
@end
@interface NSTask : NSObject
- (void)setLaunchPath:(id)p; - (void)setArguments:(id)a; - (void)setEnvironment:(id)e; - (void)setCurrentDirectoryPath:(id)p; - (void)launch; - (void)waitUntilExit;
- (int)terminationStatus; + (id)launchedTaskWithLaunchPath:(id)p arguments:(id)a; - (BOOL)launchAndReturnError:(id *)e; - (void)setExecutableURL:(id)u;
@end
@interface NSApplication : NSObject
+ (id)sharedApplication; - (void)setDelegate:(id)d; - (void)run; - (void)terminate:(id)s; - (BOOL)setActivationPolicy:(long)p;
@end
extern id NSApp; extern void NSLog(id format, ...); extern int NSApplicationMain(int c, const char **v);
extern void *dispatch_get_global_queue(long i, unsigned long f);
typedef long dispatch_once_t; extern void dispatch_once(dispatch_once_t *p, void (^b)(void)); extern struct q { int x; } _dispatch_main_q;
extern void dispatch_async(void *q, void (^b)(void));
typedef const void *CF; typedef struct { long location, length; } CFRange;
extern CF CFBundleGetMainBundle(void); extern CF CFBundleCopyResourcesDirectoryURL(CF); extern CF CFBundleCopyExecutableURL(CF);
extern CF CFURLCreateCopyDeletingLastPathComponent(CF, CF); extern CF CFURLCreateCopyAppendingPathComponent(CF, CF, CF, unsigned char);
extern unsigned char CFURLGetFileSystemRepresentation(CF, unsigned char, unsigned char *, long); extern CF CFURLCopyFileSystemPath(CF, long);
extern unsigned char CFStringGetCString(CF, char *, long, unsigned); extern CF CFURLCopyAbsoluteURL(CF); extern CF CFStringCreateWithCString(CF, const char *, unsigned);
extern CF CFBundleGetValueForInfoDictionaryKey(CF, CF); extern CF CFBundleCopyResourceURL(CF, CF, CF, CF); extern long CFStringGetLength(CF);
extern CF CFStringCreateWithFormat(CF, CF, CF, ...); extern CF CFBundleGetIdentifier(CF); extern CF CFBundleCopyPrivateFrameworksURL(CF); extern CF CFBundleCopyBundleURL(CF);
extern CFRange CFStringFind(CF, CF, unsigned long);
