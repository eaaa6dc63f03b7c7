/* NSBundle as Xcode 14 and later compile it for arm64: each message is a call of a stub of its own,
 * objc_msgSend$bundlePath, which the linker makes. Written out here, because only Apple's clang does
 * it by itself.
 */
#include "stub.h"

#include <objc/objc.h>
#include <unistd.h>

@interface NSString
- (NSString *)stringByAppendingPathComponent:(NSString *)component;
- (const char *)fileSystemRepresentation;
@end
@interface NSBundle
+ (NSBundle *)mainBundle;
- (NSString *)bundlePath;
@end

#ifdef __arm64__
extern id send_mainBundle(void *) __asm__("_objc_msgSend$mainBundle");
extern id send_bundlePath(id) __asm__("_objc_msgSend$bundlePath");
extern id send_appending(id, SEL, id) __asm__("_objc_msgSend$stringByAppendingPathComponent:");
extern const char *send_representation(id) __asm__("_objc_msgSend$fileSystemRepresentation");
#endif

extern char bundle_class[] __asm__("_OBJC_CLASS_$_NSBundle");

int main(int argc, char *argv[]) {
#ifdef __arm64__
    id path = send_bundlePath(send_mainBundle(bundle_class));
    const char *python = send_representation(send_appending(path, 0, @"Contents/" PYTHON));
#else
    NSString *path = [[NSBundle mainBundle] bundlePath];
    const char *python =
        [[path stringByAppendingPathComponent:@"Contents/" PYTHON] fileSystemRepresentation];
#endif
    char *arguments[argc + 3];
    arguments[0] = (char *)python;
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i <= argc; i++)
        arguments[2 + i] = argv[i];
    execv(python, arguments);
    return 1;
}
