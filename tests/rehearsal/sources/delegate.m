/* An app whose delegate starts Python as a child once it is up. */
#include "foundation.h"

@interface Delegate : NSObject { id task; int times; }
- (void)applicationDidFinishLaunching:(id)n; - (id)arguments; + (id)shared;
@property (retain) id name;
@end
@implementation Delegate
@synthesize name;
+ (id)shared { static id one; static dispatch_once_t token; dispatch_once(&token, ^{ one = [[self alloc] init]; }); return one; }
- (id)init { self = [super init]; if (self) times = 41; return self; }
- (id)arguments { id a = [NSMutableArray array]; [a addObject:@"-m"]; [a addObject:self.name];
    id all = [[NSProcessInfo processInfo] arguments]; for (unsigned long i = 1; i < [all count]; i++) [a addObject:[all objectAtIndex:i]]; return a; }
- (void)applicationDidFinishLaunching:(id)n { (void)n; times++; self.name = [NSString stringWithFormat:@"app%d", times]; [self performSelector:@selector(start)]; }
- (void)start { task = [[NSTask alloc] init]; [task setLaunchPath:@PYTHON]; [task setArguments:[self arguments]]; [task launch]; }
@end
int main(void) { [NSApplication sharedApplication]; [NSApp setDelegate:[Delegate shared]]; [NSApp run]; return 0; }
