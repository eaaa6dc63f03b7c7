/* NSTask in its old style: setLaunchPath, setArguments, launch, waitUntilExit. */
#include "stub.h"

#include <objc/objc.h>

@interface NSObject
+ (id)alloc;
- (id)init;
@end
@interface NSString : NSObject
+ (NSString *)stringWithUTF8String:(const char *)text;
- (NSString *)stringByAppendingPathComponent:(NSString *)component;
@end
@interface NSArray : NSObject
@end
@interface NSMutableArray : NSArray
+ (NSMutableArray *)array;
- (void)addObject:(id)object;
@end
@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSString *)bundlePath;
@end
@interface NSTask : NSObject
- (void)setLaunchPath:(NSString *)path;
- (void)setArguments:(NSArray *)arguments;
- (void)launch;
- (void)waitUntilExit;
- (int)terminationStatus;
@end

int main(int argc, char *argv[]) {
    @autoreleasepool {
        NSString *bundle = [[NSBundle mainBundle] bundlePath];
        NSMutableArray *arguments = [NSMutableArray array];
        [arguments addObject:@"-m"];
        [arguments addObject:@MODULE];
        for (int i = 1; i < argc; i++)
            [arguments addObject:[NSString stringWithUTF8String:argv[i]]];
        NSTask *task = [[NSTask alloc] init];
        [task setLaunchPath:[bundle stringByAppendingPathComponent:@"Contents/" PYTHON]];
        [task setArguments:arguments];
        [task launch];
        [task waitUntilExit];
        return [task terminationStatus];
    }
}
