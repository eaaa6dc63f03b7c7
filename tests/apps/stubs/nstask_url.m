/* NSTask since macOS 10.13: setExecutableURL, launchAndReturnError:. */
#include "stub.h"

#include <objc/objc.h>

@interface NSObject
+ (id)alloc;
- (id)init;
@end
@interface NSString : NSObject
@end
@interface NSURL : NSObject
- (NSURL *)URLByAppendingPathComponent:(NSString *)component;
@end
@interface NSArray : NSObject
+ (NSArray *)arrayWithObjects:(id const *)objects count:(unsigned long)count;
@end
@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSURL *)bundleURL;
@end
@interface NSTask : NSObject
- (void)setExecutableURL:(NSURL *)url;
- (void)setArguments:(NSArray *)arguments;
- (BOOL)launchAndReturnError:(id *)error;
- (void)waitUntilExit;
@end

int main(void) {
    @autoreleasepool {
        id words[] = {@"-m", @MODULE};
        NSTask *task = [[NSTask alloc] init];
        [task setExecutableURL:[[[NSBundle mainBundle] bundleURL]
                                   URLByAppendingPathComponent:@"Contents/" PYTHON]];
        [task setArguments:[NSArray arrayWithObjects:words count:2]];
        if (![task launchAndReturnError:NULL])
            return 1;
        [task waitUntilExit];
        return 0;
    }
}
