/* As above with resourcePath, stringByDeletingLastPathComponent and an @autoreleasepool. */
#include "stub.h"

#include <objc/objc.h>
#include <unistd.h>

@interface NSObject
@end
@interface NSString : NSObject
- (NSString *)stringByAppendingPathComponent:(NSString *)component;
- (NSString *)stringByDeletingLastPathComponent;
- (const char *)UTF8String;
@end
@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSString *)resourcePath;
@end

int main(int argc, char *argv[]) {
    @autoreleasepool {
        NSString *contents = [[[NSBundle mainBundle] resourcePath]
            stringByDeletingLastPathComponent];
        const char *python = [[contents stringByAppendingPathComponent:@PYTHON] UTF8String];
        char *arguments[argc + 3];
        arguments[0] = (char *)python;
        arguments[1] = "-m";
        arguments[2] = MODULE;
        for (int i = 1; i <= argc; i++)
            arguments[2 + i] = argv[i];
        setenv("PYTHONNOUSERSITE", "1", 1);
        return execv(python, arguments);
    }
}
