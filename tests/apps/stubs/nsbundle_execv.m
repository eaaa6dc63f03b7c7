/* Own place from Foundation: [[NSBundle mainBundle] bundlePath] and string methods, then execv. */
#include "stub.h"

#include <objc/objc.h>
#include <unistd.h>

@interface NSObject
+ (id)alloc;
- (id)init;
- (void)release;
@end
@interface NSAutoreleasePool : NSObject
@end
@interface NSString : NSObject
- (NSString *)stringByAppendingPathComponent:(NSString *)component;
- (const char *)fileSystemRepresentation;
- (const char *)UTF8String;
@end
@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSString *)bundlePath;
@end

int main(int argc, char *argv[]) {
    NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
    NSString *contents = [[[NSBundle mainBundle] bundlePath]
        stringByAppendingPathComponent:@"Contents"];
    NSString *path = [contents stringByAppendingPathComponent:@PYTHON];
    char *python = strdup([path fileSystemRepresentation]);
    [pool release];

    char **arguments = malloc(((size_t)argc + 4) * sizeof *arguments);
    arguments[0] = python;
    arguments[1] = "-s";
    arguments[2] = "-m";
    arguments[3] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[3 + i] = argv[i];
    arguments[3 + argc] = NULL;
    execv(python, arguments);
    return 1;
}
